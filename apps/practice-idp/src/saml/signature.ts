import { createHash, createHmac, type KeyObject, sign } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import { ExclusiveCanonicalization } from 'xml-crypto';
import {
  type DigestAlgorithm,
  digestAlgorithms,
  envelopedSignature,
  exclusiveCanonicalisation,
  namespaces,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from './names.ts';
import { type Omitted, omitted } from './parts.ts';
import { escapeAttribute } from './render.ts';

/** How to sign: which key, by which algorithms, and what stands in the signature beside the value. */
export interface SignaturePlan {
  readonly key: KeyObject;
  /** PEM, put into KeyInfo; `omitted` leaves KeyInfo out. */
  readonly certificate: string | Omitted;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly digestAlgorithm: DigestAlgorithm;
  /** The secret of an HMAC, for a service provider that could be led to take a public certificate for one. */
  readonly hmacSecret?: string;
  /** In place of the digest that belongs there. */
  readonly digestValue?: string;
  /** XML inside the signature, after KeyInfo. */
  readonly object?: string;
}

/** The algorithm that a key signs by when nothing else is asked for. */
export function defaultSignatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  return key.asymmetricKeyType === 'ec' ? 'ecdsa-sha256' : 'rsa-sha256';
}

/** The canonical form of a document's root: Exclusive XML Canonicalization 1.0, without comments. */
export function canonicalise(xml: string): string {
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  return new ExclusiveCanonicalization().process(root, {});
}

/**
 * Makes an enveloped signature (XML Signature 1.1; SAML Core 5.4) over one document.
 *
 * @param xml the element to sign, standing alone and without a signature
 * @param referenceId the value of its `ID`; empty for a reference to the whole document
 * @returns the `ds:Signature` element
 */
export function makeSignature(xml: string, referenceId: string, plan: SignaturePlan): string {
  const digestValue = plan.digestValue ?? digest(canonicalise(xml), plan.digestAlgorithm);
  const signedInfo = renderSignedInfo({ referenceId, digestValue, plan });
  return renderSignature(signedInfo, signatureValue(canonicalSignedInfo(signedInfo), plan), plan);
}

/** The base64 digest of a canonical text. */
export function digest(canonical: string, algorithm: DigestAlgorithm): string {
  return createHash(algorithm).update(canonical, 'utf8').digest('base64');
}

/** The base64 value of a signature over a canonical text. */
export function signatureValue(canonical: string, plan: SignaturePlan): string {
  const data = Buffer.from(canonical, 'utf8');
  const [family, hash = 'sha256'] = plan.signatureAlgorithm.split('-');
  if (family === 'hmac') {
    return createHmac(hash, plan.hmacSecret ?? '')
      .update(data)
      .digest('base64');
  }
  // XML Signature wants r and s side by side (RFC 4050, RFC 6931), not in DER.
  if (family === 'ecdsa') return sign(hash, data, { key: plan.key, dsaEncoding: 'ieee-p1363' }).toString('base64');
  return sign(hash, data, plan.key).toString('base64');
}

/** SignedInfo as it stands in the document: canonical but for the namespace, which its parent declares. */
export function renderSignedInfo(options: {
  readonly referenceId: string;
  readonly digestValue: string;
  readonly plan: SignaturePlan;
}): string {
  const { referenceId, digestValue, plan } = options;
  const algorithm = (tag: string, uri: string) => `<ds:${tag} Algorithm="${uri}"></ds:${tag}>`;
  const uri = referenceId === '' ? '' : `#${escapeAttribute(referenceId)}`;
  return [
    '<ds:SignedInfo>',
    algorithm('CanonicalizationMethod', exclusiveCanonicalisation),
    algorithm('SignatureMethod', signatureAlgorithms[plan.signatureAlgorithm]),
    `<ds:Reference URI="${uri}"><ds:Transforms>`,
    algorithm('Transform', envelopedSignature),
    algorithm('Transform', exclusiveCanonicalisation),
    '</ds:Transforms>',
    algorithm('DigestMethod', digestAlgorithms[plan.digestAlgorithm]),
    `<ds:DigestValue>${digestValue}</ds:DigestValue></ds:Reference></ds:SignedInfo>`,
  ].join('');
}

/** SignedInfo as it is signed: apex of its own subset, so the namespace is written on it. */
export function canonicalSignedInfo(signedInfo: string): string {
  return signedInfo.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${namespaces.signature}">`);
}

/** The whole `ds:Signature` around a SignedInfo (or several) and a value. */
export function renderSignature(signedInfo: string, value: string, plan: SignaturePlan): string {
  const content = [
    signedInfo,
    `<ds:SignatureValue>${value}</ds:SignatureValue>`,
    renderKeyInfo(plan.certificate),
    plan.object ?? '',
  ];
  return `<ds:Signature xmlns:ds="${namespaces.signature}">${content.join('')}</ds:Signature>`;
}

function renderKeyInfo(certificate: string | Omitted): string {
  if (certificate === omitted) return '';
  const base64 = certificateBase64(certificate);
  return `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
}

/** The base64 body of a PEM certificate on one line. */
export function certificateBase64(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s+/g, '');
}
