import { inflateRawSync } from 'node:zlib';
import { DOMParser } from '@xmldom/xmldom';
import { bindings, namespaces } from './names.ts';

/** What a service provider asks for (SAML Core 3.4.1), as far as a practice identity provider cares. */
export interface AuthnRequest {
  readonly id: string;
  readonly issuer: string;
  readonly acsUrl: string;
  readonly destination?: string;
  /** URN of the NameID format that is asked for. */
  readonly nameIdFormat?: string;
  readonly forceAuthn: boolean;
}

export type AuthnRequestFault =
  | 'request_missing'
  | 'request_encoding'
  | 'request_too_large'
  | 'request_xml'
  | 'request_incomplete'
  | 'request_binding';

/** An AuthnRequest that cannot be understood. The code says why. */
export class AuthnRequestError extends Error {
  readonly code: AuthnRequestFault;

  constructor(code: AuthnRequestFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AuthnRequestError';
    this.code = code;
  }
}

/** In octets of XML; what is larger, or would be after inflating, is not looked at. */
export const largestRequest = 65_536;

/**
 * The XML in a query parameter: base64 of raw DEFLATE (SAML Bindings 3.4.4.1).
 * @throws AuthnRequestError `request_encoding`, `request_too_large`
 */
export function fromRedirect(parameter: string): string {
  const deflated = decodeBase64(parameter);
  try {
    return inflateRawSync(deflated, { maxOutputLength: largestRequest }).toString('utf8');
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (isTooLarge) throw new AuthnRequestError('request_too_large', 'The request inflates beyond 64 KiB', error);
    throw new AuthnRequestError('request_encoding', 'The request is not raw DEFLATE', error);
  }
}

/**
 * The XML in a form field: base64 (SAML Bindings 3.5.4).
 * @throws AuthnRequestError `request_encoding`, `request_too_large`
 */
export function fromPost(field: string): string {
  return decodeBase64(field).toString('utf8');
}

function decodeBase64(text: string): Buffer {
  const compact = text.replaceAll(/\s+/g, '');
  if (compact === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new AuthnRequestError('request_encoding', 'The request is not base64');
  }
  const octets = Buffer.from(compact, 'base64');
  if (octets.length <= largestRequest) return octets;
  throw new AuthnRequestError('request_too_large', 'The request is larger than 64 KiB');
}

/** @throws AuthnRequestError `request_xml`, `request_incomplete`, `request_binding` */
export function parseAuthnRequest(xml: string): AuthnRequest {
  const root = parseRoot(xml);
  if (root.localName !== 'AuthnRequest' || root.namespaceURI !== namespaces.protocol) {
    throw new AuthnRequestError('request_xml', 'The document is not an AuthnRequest');
  }
  if (root.getAttribute('Version') !== '2.0') {
    throw new AuthnRequestError('request_incomplete', 'The request is not of SAML version 2.0');
  }
  const binding = root.getAttribute('ProtocolBinding');
  if (binding && binding !== bindings.post) {
    throw new AuthnRequestError('request_binding', 'Answers are sent by HTTP-POST only');
  }
  const destination = root.getAttribute('Destination');
  const nameIdFormat = child(root, namespaces.protocol, 'NameIDPolicy')?.getAttribute('Format');
  return {
    id: required(root.getAttribute('ID'), 'ID'),
    issuer: required(child(root, namespaces.assertion, 'Issuer')?.textContent?.trim(), 'Issuer'),
    acsUrl: required(root.getAttribute('AssertionConsumerServiceURL'), 'AssertionConsumerServiceURL'),
    forceAuthn: ['true', '1'].includes(root.getAttribute('ForceAuthn') ?? ''),
    ...(destination ? { destination } : {}),
    ...(nameIdFormat ? { nameIdFormat } : {}),
  };
}

function parseRoot(xml: string): Element {
  // xmldom expands internal entities, so a document type must not reach it.
  if (/<!DOCTYPE/i.test(xml)) throw new AuthnRequestError('request_xml', 'The request has a document type');
  const refuse = (message: string): never => {
    throw new AuthnRequestError('request_xml', `The request is not well-formed: ${message}`);
  };
  const parser = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } });
  const root = parser.parseFromString(xml, 'text/xml')?.documentElement;
  return root ?? refuse('it is empty');
}

function child(parent: Element, namespace: string, localName: string): Element | undefined {
  return Array.from(parent.getElementsByTagNameNS(namespace, localName)).find(
    (element) => element.parentNode === parent,
  );
}

function required(value: string | null | undefined, name: string): string {
  if (value) return value;
  throw new AuthnRequestError('request_incomplete', `The request has no ${name}`);
}
