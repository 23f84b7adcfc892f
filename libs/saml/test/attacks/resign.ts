import { type SigningOptions, sign } from 'node:crypto';
import { makeSignature, namespaces, type ResponseOptions } from '@gatehouse/practice-idp';

type MakeSignature = typeof makeSignature;

/**
 * A signature whose SignedInfo has been edited and then truly signed by the key of the plan, over the form that a
 * canonicalizer makes of it.
 * @param edit of SignedInfo as it will stand in the document
 * @param canonical of the edited SignedInfo; the identity when the edit leaves it canonical
 * @param options how to sign, when it is not PKCS #1 v1.5
 */
export const withSignedInfo =
  (
    edit: (signedInfo: string) => string,
    canonical: (signedInfo: string) => string = (same) => same,
    options: SigningOptions = {},
  ): MakeSignature =>
  (xml, referenceId, plan) => {
    const original = makeSignature(xml, referenceId, plan);
    const [signedInfo = ''] = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(original) ?? [];
    const edited = edit(signedInfo);
    const octets = canonical(edited).replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${namespaces.signature}">`);
    const value = sign('sha256', Buffer.from(octets, 'utf8'), { key: plan.key, ...options }).toString('base64');
    return original
      .replace(signedInfo, () => edited)
      .replace(/<ds:SignatureValue>[^<]*/, () => `<ds:SignatureValue>${value}`);
  };

/** Signs the assertion alone, in a way of its own. */
export const signingBy = (makeOne: MakeSignature): Pick<ResponseOptions, 'sign' | 'shape'> => ({
  sign: 'assertion',
  shape: (draft) => ({ ...draft, makeSignature: makeOne }),
});

/** Edits the whole signature after it was made: nothing of that is covered. */
export const editingSignature =
  (edit: (signature: string) => string): MakeSignature =>
  (xml, referenceId, plan) =>
    edit(makeSignature(xml, referenceId, plan));
