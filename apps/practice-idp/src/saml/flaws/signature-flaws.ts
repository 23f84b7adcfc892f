import { makeSelfSignedCertificate, makeSigningKey } from '../../keys/certificate.ts';
import type { Built } from '../build.ts';
import { type Draft, override } from '../draft.ts';
import { encryptAssertion } from '../encryption.ts';
import { type AssertionParts, omitted } from '../parts.ts';
import { renderAssertion } from '../render.ts';
import {
  canonicalise,
  digest,
  renderSignature,
  renderSignedInfo,
  type SignaturePlan,
  signatureValue,
} from '../signature.ts';
import { content, type Flaw, type Scene } from './flaw.ts';
import { forVictim } from './subject-flaws.ts';

/** A signature that is missing, weak, of another key, or does not say what it seems to say. */
export const signatureFlaws = {
  unsigned: spoilt('signed-part', 'Nothing is signed', (draft) => ({ ...draft, sign: 'none' })),
  tampered: spoilt('signed-part', 'Names somebody else than what was signed', onlyAssertion, (built, scene) =>
    forge(built, scene, (signature) => signature),
  ),
  'response-tampered': spoilt(
    'signed-part',
    'Only the response is signed, and the assertion was changed after',
    (draft) => ({ ...draft, sign: 'response' }),
    (built, scene) => forge(built, scene, (signature) => signature),
  ),

  'sha1-signature': spoilt('algorithms', 'Signed by RSA with SHA-1', (draft) =>
    override(draft, { signature: { signatureAlgorithm: 'rsa-sha1' } }),
  ),
  'sha1-digest': spoilt('algorithms', 'The digest is SHA-1', (draft) =>
    override(draft, { signature: { digestAlgorithm: 'sha1' } }),
  ),
  'md5-signature': spoilt('algorithms', 'Signed by RSA with MD5', (draft) =>
    override(draft, { signature: { signatureAlgorithm: 'rsa-md5' } }),
  ),
  'md5-digest': spoilt('algorithms', 'The digest is MD5', (draft) =>
    override(draft, { signature: { digestAlgorithm: 'md5' } }),
  ),
  'hmac-sha1-signature': spoilt('algorithms', 'HMAC with SHA-1, keyed with the public certificate', (draft, scene) =>
    override(draft, { signature: { signatureAlgorithm: 'hmac-sha1', hmacSecret: scene.statement.certificate } }),
  ),
  'hmac-sha256-signature': spoilt(
    'algorithms',
    'HMAC with SHA-256, keyed with the public certificate',
    (draft, scene) =>
      override(draft, { signature: { signatureAlgorithm: 'hmac-sha256', hmacSecret: scene.statement.certificate } }),
  ),
  'weak-rsa-1024': spoilt('algorithms', 'Signed by an RSA key of 1,024 bits, which it brings along', (draft, scene) =>
    override(draft, { signature: strangersKey(scene, 'rsa-1024') }),
  ),
  'foreign-key': spoilt('pinned-key', 'Signed by an unknown key, with its certificate in KeyInfo', (draft, scene) =>
    override(draft, { signature: strangersKey(scene, 'rsa-2048') }),
  ),
  'foreign-key-with-known-certificate': spoilt(
    'pinned-key',
    'Signed by an unknown key, with the known certificate in KeyInfo',
    (draft, scene) => override(draft, { signature: { key: strangersKey(scene, 'rsa-2048').key } }),
  ),
  'foreign-key-without-key-info': spoilt('pinned-key', 'Signed by an unknown key, without KeyInfo', (draft, scene) =>
    override(draft, { signature: { key: strangersKey(scene, 'rsa-2048').key, certificate: omitted } }),
  ),

  'comment-in-digest-value': spoilt(
    'signed-part',
    'A comment in DigestValue holds the digest of a forged assertion (CVE-2025-29775)',
    onlyAssertion,
    (built, scene) =>
      forge(built, scene, (signature, forgedDigest) =>
        signature.replace('<ds:DigestValue>', `<ds:DigestValue><!--${forgedDigest}-->`),
      ),
  ),
  'two-signed-infos': spoilt(
    'signed-part',
    'A second SignedInfo holds the digest of a forged assertion (CVE-2025-29774)',
    onlyAssertion,
    (built, scene) =>
      forge(built, scene, (signature, forgedDigest) =>
        signature.replace('</ds:SignedInfo>', `</ds:SignedInfo>${forgedSignedInfo(built, forgedDigest)}`),
      ),
  ),
  'two-signed-infos-forged-first': spoilt(
    'signed-part',
    'A first SignedInfo holds the digest of a forged assertion (CVE-2025-29774)',
    onlyAssertion,
    (built, scene) =>
      forge(built, scene, (signature, forgedDigest) =>
        signature.replace('<ds:SignedInfo>', `${forgedSignedInfo(built, forgedDigest)}<ds:SignedInfo>`),
      ),
  ),
  'void-canonicalisation': spoilt(
    'signed-part',
    'A relative namespace, on which some canonicalisers give up, and the digest of nothing',
    (draft) =>
      override(onlyAssertion(draft), {
        signature: { digestValue: digest('', 'sha256') },
        assertion: { trailer: relativeNamespace },
      }),
  ),
  'void-canonicalisation-signed-info': spoilt(
    'signed-part',
    'A relative namespace in SignedInfo, and a signature over nothing',
    (draft) => ({ ...onlyAssertion(draft), makeSignature: signatureOverNothing }),
  ),

  'encrypted-assertion': content('encryption', 'The assertion is encrypted', (draft, scene) => ({
    ...draft,
    wrapAssertion: (assertionXml) => encryptAssertion(assertionXml, scene.statement.certificate),
  })),
};

const relativeNamespace = '<void:Advice xmlns:void="1"></void:Advice>';

function spoilt(
  rule: Flaw['rule'],
  description: string,
  draft: NonNullable<Flaw['draft']>,
  document?: NonNullable<Flaw['document']>,
): Flaw {
  const flaw = { rule, description, kind: 'signature', expected: 'refused', draft } as const;
  return document === undefined ? flaw : { ...flaw, document };
}

function onlyAssertion(draft: Draft): Draft {
  return { ...draft, sign: 'assertion' };
}

function strangersKey(
  scene: Scene,
  type: 'rsa-1024' | 'rsa-2048',
): Pick<SignaturePlan, 'key' | 'certificate'> & Partial<SignaturePlan> {
  const key = makeSigningKey(type);
  const clock = { now: () => scene.now };
  const subject = { commonName: 'Stranger' };
  const certificate = makeSelfSignedCertificate({ key, subject, clock, ids: scene.ids });
  return { key, certificate, signatureAlgorithm: 'rsa-sha256' };
}

/**
 * The same response about the victim, under the signatures of the true one.
 *
 * @param edit gets each assertion's signature and the digest that the forged assertion would need
 */
function forge(built: Built, scene: Scene, edit: (signature: string, forgedDigest: string) => string): string {
  return built.assertions.reduce((xml, assertion) => {
    const forged: AssertionParts = { ...forVictim(assertion.parts, scene), id: assertion.parts.id };
    const forgedDigest = digest(canonicalise(renderAssertion(forged)), built.draft.plan.digestAlgorithm);
    return xml.replace(assertion.xml, () => renderAssertion(forged, edit(assertion.signature, forgedDigest)));
  }, built.xml);
}

function forgedSignedInfo(built: Built, forgedDigest: string): string {
  const id = built.assertions[0]?.parts.id;
  const referenceId = typeof id === 'string' ? id : '';
  return renderSignedInfo({ referenceId, digestValue: forgedDigest, plan: built.draft.plan });
}

/** A signature whose SignedInfo has a relative namespace: canonicalised to nothing by who gives up on that. */
function signatureOverNothing(xml: string, referenceId: string, plan: SignaturePlan): string {
  const digestValue = digest(canonicalise(xml), plan.digestAlgorithm);
  const signedInfo = renderSignedInfo({ referenceId, digestValue, plan });
  return renderSignature(
    signedInfo.replace('<ds:SignedInfo>', '<ds:SignedInfo xmlns:void="1">'),
    signatureValue('', plan),
    plan,
  );
}
