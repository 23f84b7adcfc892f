import { verify } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';
import { namespaces } from '../xml/element.ts';
import { ecdsaMethods } from './algorithms.ts';
import type { PinnedCertificate } from './pinned-certificate.ts';
import type { VerifiedBytes } from './signature-layer.ts';

export type SignedPart = 'Response' | 'Assertion';

/**
 * Verifies ECDSA signatures, which node-saml cannot: the same xml-crypto under it, with the missing algorithms.
 *
 * The rules on documents and signatures have run: one Assertion directly in the Response, at most one signature in each,
 * one SignedInfo and one Reference to the signature's parent, unique IDs, no comments in it.
 * @param parts whose signatures must verify, in the order of preference
 * @returns the verified bytes of the first part
 * @throws Error when a signature does not verify with any of the keys
 */
export const verifyEcdsa = (
  text: string,
  parts: readonly SignedPart[],
  certificates: readonly PinnedCertificate[],
): VerifiedBytes | undefined => {
  // XML 1.0 section 2.11, which the DOM leaves to its caller.
  const xml = text.replace(/\r\n?/g, '\n');
  const root = new DOMParser({ errorHandler: refuseErrors }).parseFromString(xml, 'text/xml').documentElement;
  const verified = parts.map((part) => verifyPart(xml, signatureIn(root, part), certificates));
  const [first] = verified;
  return first === undefined ? undefined : { xml: first.xml, signers: verified.map(({ signer }) => signer) };
};

const verifyPart = (
  xml: string,
  signature: Element,
  certificates: readonly PinnedCertificate[],
): { readonly xml: string; readonly signer: PinnedCertificate } => {
  for (const signer of certificates) {
    const references = signedReferences(xml, signature, signer);
    if (references.length > 1) throw new Error('more than one reference is signed');
    if (references[0] !== undefined) return { xml: references[0], signer };
  }
  throw new Error('Invalid ECDSA signature');
};

/** The canonical bytes that the key has signed; none when it has not. */
const signedReferences = (xml: string, signature: Element, signer: PinnedCertificate): readonly string[] => {
  const signed = new SignedXml({ publicCert: signer.publicKeyPem });
  signed.SignatureAlgorithms = ecdsaAlgorithms;
  signed.loadSignature(signature);
  try {
    return signed.checkSignature(xml) ? signed.getSignedReferences() : [];
  } catch {
    // A signature of another key is an error there: the next key has its turn.
    return [];
  }
};

const signatureIn = (root: Element, part: SignedPart): Element => {
  const parent = part === 'Response' ? root : childOf(root, namespaces.assertion, 'Assertion');
  return childOf(parent, namespaces.signature, 'Signature');
};

const childOf = (parent: Element, uri: string, local: string): Element => {
  for (const node of Array.from(parent.childNodes)) {
    if (isElement(node) && node.localName === local && node.namespaceURI === uri) return node;
  }
  throw new Error(`no ${local} is found`);
};

/** Instead of writing to the console. */
const refuseErrors = (level: string, message: unknown): void => {
  if (level !== 'warning') throw new Error(String(message));
};

const isElement = (node: Node): node is Element => node.nodeType === 1;

/** RFC 9231 section 2.3.6: the value is r and s side by side, not DER. */
const ecdsa = (uri: string, hash: string) =>
  class {
    getAlgorithmName(): string {
      return uri;
    }
    getSignature(): never {
      throw new Error('this service provider does not sign');
    }
    verifySignature(octets: string, key: Parameters<typeof verify>[2], value: string): boolean {
      if (typeof key !== 'string') throw new TypeError('expected a key in PEM');
      return verify(
        hash,
        Buffer.from(octets, 'utf8'),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(value, 'base64'),
      );
    }
  };

const ecdsaAlgorithms = Object.fromEntries([...ecdsaMethods].map(([uri, hash]) => [uri, ecdsa(uri, hash)]));
