import { makeResponse, makeSelfSignedCertificate, makeSigningKey, type ResponseOptions } from '@gatehouse/practice-idp';
import type { SamlRefusalCode } from '../../src/index.ts';
import { type AttackCase, type AttackClass, type AttackContext, faultless } from './attack.ts';
import { editingSignature, signingBy, withSignedInfo } from './resign.ts';

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const day = 86_400_000;

const attack = (
  name: string,
  expectedCode: SamlRefusalCode,
  source: string,
  options: (context: AttackContext) => Partial<ResponseOptions>,
  more: Partial<Pick<AttackCase, 'class' | 'connector'>> = {},
): AttackCase => ({
  class: 'signature' satisfies AttackClass,
  ...more,
  name,
  expectedCode,
  source,
  make: (context) => makeResponse({ ...faultless(context), ...options(context) }),
});

const weakKey = makeSigningKey('rsa-1024');
const weakCertificate = makeSelfSignedCertificate({ key: weakKey, subject: { commonName: 'Weak' } });

const ecKey = makeSigningKey('ec-p256');
const ecCertificate = makeSelfSignedCertificate({ key: ecKey, subject: { commonName: 'Elliptic' } });

const certificateOf = ({ key, clock }: AttackContext, fromDays: number, toDays: number): string =>
  makeSelfSignedCertificate({
    key,
    notBefore: new Date(clock.now() + fromDays * day),
    notAfter: new Date(clock.now() + toDays * day),
  });

/** Signatures by the right key that are odd, and by keys that must not count. */
export const signatureAttacks: readonly AttackCase[] = [
  attack('inclusive-canonicalization', 'saml_signature_form', 'SAML Core 5.4.3; void canonicalization', () =>
    signingBy(
      withSignedInfo((info) => info.replace(`Method Algorithm="${exclusive}"`, `Method Algorithm="${inclusive}"`)),
    ),
  ),
  attack('three-transforms', 'saml_signature_form', 'SAML Core 5.4.4', () =>
    signingBy(
      withSignedInfo((info) =>
        info.replace('</ds:Transforms>', `<ds:Transform Algorithm="${exclusive}"></ds:Transform></ds:Transforms>`),
      ),
    ),
  ),
  attack(
    'xslt-transform',
    'saml_signature_form',
    'SAML Core 5.4.4; XSLT in a transform runs before anything is verified',
    () =>
      signingBy(
        withSignedInfo((info) =>
          info.replace(
            `Transform Algorithm="${exclusive}"`,
            'Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"',
          ),
        ),
      ),
  ),
  attack('transforms-swapped', 'saml_signature_form', 'SAML Core 5.4.4', () =>
    signingBy(
      withSignedInfo((info) =>
        info.replace(/(<ds:Transform [^>]*><\/ds:Transform>)(<ds:Transform [^>]*><\/ds:Transform>)/, '$2$1'),
      ),
    ),
  ),
  attack('two-references', 'saml_signature_form', 'SAML Core 5.4.2', () =>
    signingBy(withSignedInfo((info) => info.replace(/(<ds:Reference.*<\/ds:Reference>)/s, '$1$1'))),
  ),
  attack('whole-document-reference', 'saml_signature_form', 'SAML Core 5.4.2: an empty URI', () =>
    signingBy(withSignedInfo((info) => info.replace(/URI="[^"]*"/, 'URI=""'))),
  ),
  attack('xpointer-reference', 'saml_signature_form', 'SAML Core 5.4.2', () =>
    signingBy(withSignedInfo((info) => info.replace(/URI="#([^"]*)"/, `URI="#xpointer(id('$1'))"`))),
  ),
  attack('two-digest-values', 'saml_signature_form', 'CVE-2025-29775', () =>
    signingBy(withSignedInfo((info) => info.replace(/(<ds:DigestValue>.*<\/ds:DigestValue>)/, '$1$1'))),
  ),
  attack('element-in-digest-value', 'saml_signature_form', 'CVE-2025-29775', () =>
    signingBy(withSignedInfo((info) => info.replace('<ds:DigestValue>', '<ds:DigestValue><ds:Other></ds:Other>'))),
  ),
  attack('element-in-signature-value', 'saml_signature_form', 'CVE-2025-29775', () =>
    signingBy(
      editingSignature((xml) => xml.replace('<ds:SignatureValue>', '<ds:SignatureValue><ds:Other></ds:Other>')),
    ),
  ),
  attack('foreign-child-in-signed-info', 'saml_signature_form', 'XML Signature 4.4', () =>
    signingBy(
      withSignedInfo((info) => info.replace('</ds:SignedInfo>', '<x:Y xmlns:x="urn:example:x"></x:Y></ds:SignedInfo>')),
    ),
  ),
  attack('decoy-signature-method', 'saml_signature_form', 'a method read at one place and used from another', () =>
    signingBy(
      withSignedInfo((info) =>
        info
          .replace('#rsa-sha256', '#rsa-sha512')
          .replace(
            '</ds:CanonicalizationMethod>',
            '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod></ds:CanonicalizationMethod>',
          ),
      ),
    ),
  ),
  attack('prototype-named-child', 'saml_signature_form', 'XML Signature 4.1', () =>
    signingBy(
      editingSignature((xml) => xml.replace('</ds:Signature>', '<ds:__proto__></ds:__proto__></ds:Signature>')),
    ),
  ),
  attack('object-in-signature', 'saml_signature_form', 'On Breaking SAML (2012): content hidden in ds:Object', () => ({
    sign: 'assertion',
    signature: { object: '<ds:Object><hidden></hidden></ds:Object>' },
  })),
  attack('two-key-infos', 'saml_signature_form', 'XML Signature 4.1', () =>
    signingBy(editingSignature((xml) => xml.replace(/(<ds:KeyInfo>.*<\/ds:KeyInfo>)/, '$1$1'))),
  ),
  attack('signature-in-extensions', 'saml_signature_form', 'SAML Core 5.4.1', (context) => {
    let copy = '';
    return {
      ...signingBy((xml, id, plan) => {
        copy = editingSignature((signature) => signature)(xml, id, plan);
        return copy;
      }),
      edit: (xml) => xml.replace('<samlp:Status>', () => `<samlp:Extensions>${copy}</samlp:Extensions><samlp:Status>`),
      nameId: context.nameId,
    };
  }),
  attack('comment-in-signed-info', 'saml_comment_refused', 'CVE-2025-29775', () =>
    signingBy(
      withSignedInfo(
        (info) => info.replace('<ds:Reference', '<!--x--><ds:Reference'),
        (info) => info.replace('<!--x-->', ''),
      ),
    ),
  ),
  attack('comment-in-signature-value', 'saml_comment_refused', 'CVE-2025-29775', () =>
    signingBy(editingSignature((xml) => xml.replace('<ds:SignatureValue>', '<ds:SignatureValue><!--x-->'))),
  ),
  attack(
    'unsigned-method',
    'saml_algorithm_refused',
    'RFC 9231: no signature algorithm of that name',
    () => signingBy(withSignedInfo((info) => info.replace('#rsa-sha256', '#none'))),
    { class: 'algorithm' },
  ),
  attack(
    'invalid-response-signature-beside-valid-assertion',
    'saml_signature_invalid',
    'SAML Core 5.4.1: no falling back',
    () => ({
      sign: 'both',
      edit: (xml) =>
        xml.replace(' Version="2.0"', ' Version="2.0" Consent="urn:oasis:names:tc:SAML:2.0:consent:obtained"'),
    }),
  ),
  attack(
    'assertion-unsigned-where-required',
    'saml_signature_missing',
    'saml.requireSignature',
    () => ({ sign: 'response' }),
    {
      connector: () => ({ requireSignature: 'assertion' }),
    },
  ),
  attack(
    'response-unsigned-where-required',
    'saml_signature_missing',
    'saml.requireSignature',
    () => ({ sign: 'assertion' }),
    {
      connector: () => ({ requireSignature: 'response' }),
    },
  ),
  attack(
    'one-unsigned-where-both-are-required',
    'saml_signature_missing',
    'saml.requireSignature',
    () => ({ sign: 'assertion' }),
    {
      connector: () => ({ requireSignature: 'both' }),
    },
  ),
  attack(
    'second-signature-broken-where-both-are-required',
    'saml_signature_invalid',
    'saml.requireSignature',
    () => ({ sign: 'both', shape: (draft) => ({ ...draft, makeSignature: spoilFirst(draft.makeSignature) }) }),
    { connector: () => ({ requireSignature: 'both' }) },
  ),
  attack(
    'pinned-weak-key',
    'saml_algorithm_refused',
    'NIST SP 800-131A: RSA of 1,024 bits',
    () => ({ key: weakKey, certificate: weakCertificate }),
    { class: 'key', connector: () => ({ certificates: [weakCertificate] }) },
  ),
  attack('pinned-certificate-expired', 'saml_certificate_expired', 'RFC 5280 4.1.2.5', () => ({}), {
    class: 'key',
    connector: (context) => ({ certificates: [certificateOf(context, -30, -1)], expiredCertificate: 'refuse' }),
  }),
  attack('pinned-certificate-not-yet-valid', 'saml_certificate_expired', 'RFC 5280 4.1.2.5', () => ({}), {
    class: 'key',
    connector: (context) => ({ certificates: [certificateOf(context, 1, 30)], expiredCertificate: 'refuse' }),
  }),
  attack('foreign-ecdsa-key', 'saml_unknown_key', 'SAML Core 5.4', () => ({ key: ecKey, certificate: ecCertificate }), {
    class: 'key',
  }),
  attack(
    'ecdsa-tampered',
    'saml_signature_invalid',
    'SAML Core 5.4.2',
    ({ nameId, victim }) => ({
      key: ecKey,
      certificate: ecCertificate,
      sign: 'assertion',
      edit: (xml) => xml.replaceAll(nameId, victim),
    }),
    { connector: () => ({ certificates: [ecCertificate] }) },
  ),
  attack(
    'ecdsa-second-signature-broken',
    'saml_signature_invalid',
    'saml.requireSignature',
    () => ({
      key: ecKey,
      certificate: ecCertificate,
      sign: 'both',
      shape: (draft) => ({ ...draft, makeSignature: spoilFirst(draft.makeSignature) }),
    }),
    { connector: () => ({ certificates: [ecCertificate], requireSignature: 'both' }) },
  ),
  attack(
    'rsa-method-with-ec-key',
    'saml_signature_invalid',
    'key confusion: the method names another kind of key than the one pinned',
    () => ({
      key: ecKey,
      certificate: ecCertificate,
      ...signingBy(withSignedInfo((info) => info.replace('#ecdsa-sha256', '#rsa-sha256'))),
    }),
    { class: 'key', connector: () => ({ certificates: [ecCertificate] }) },
  ),
  attack(
    'foreign-issuers-key',
    'saml_unknown_key',
    'an identity provider that speaks for another one',
    ({ other }) => ({ key: other.key, certificate: other.certificate }),
    { class: 'cross-connector' },
  ),
  attack(
    'assertion-of-another-connector',
    'saml_issuer_mismatch',
    'SAML Profiles 4.1.4.3',
    ({ other }) => ({ key: other.key, certificate: other.certificate, issuer: other.issuer }),
    { class: 'cross-connector' },
  ),
  attack(
    'assertion-of-another-connector-that-shares-the-key',
    'saml_issuer_mismatch',
    'two tenants of one identity provider sign by one key',
    ({ other }) => ({ issuer: other.issuer }),
    { class: 'cross-connector' },
  ),
];

/** The first signature made is that of the assertion. */
const spoilFirst = (make: ReturnType<typeof editingSignature>): ReturnType<typeof editingSignature> => {
  let made = 0;
  return (xml, id, plan) => {
    const signature = make(xml, id, plan);
    made++;
    return made === 1 ? signature.replace(/(<ds:SignatureValue>)../, '$1AA') : signature;
  };
};
