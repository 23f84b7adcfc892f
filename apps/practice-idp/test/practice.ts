import { createHash, type KeyObject } from 'node:crypto';
import { type Clock, createIds } from '@gatehouse/contracts';
import { DOMParser } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';
import { makeSelfSignedCertificate, makeSigningKey, type ResponseOptions } from '../src/index.ts';

export const now = Date.parse('2026-11-23T12:00:00.000Z');
export const clock: Clock = { now: () => now };

/** Ids that come in the same order each time: two documents made with them can be compared. */
export function repeatableIds() {
  let count = 0;
  return createIds(clock, (bytes) => {
    count += 1;
    return createHash('sha512').update(`id ${count}`).digest().subarray(0, bytes);
  });
}

export interface Signer {
  readonly key: KeyObject;
  readonly certificate: string;
}

export function makeSigner(): Signer {
  const key = makeSigningKey();
  return { key, certificate: makeSelfSignedCertificate({ key, clock, ids: repeatableIds() }) };
}

export const acsUrl = 'http://localhost:3000/api/sso/login/callback';
export const audience = 'http://localhost:3000/api/saml/metadata';
export const issuer = 'http://127.0.0.1:4000/saml/metadata';

export function goodOptions(signer: Signer): ResponseOptions {
  return {
    ...signer,
    issuer,
    acsUrl,
    audience,
    inResponseTo: '_request',
    nameId: 'alice@example.com',
    clock,
    ids: repeatableIds(),
  };
}

export function parse(xml: string): Document {
  return new DOMParser().parseFromString(xml, 'text/xml');
}

export function elements(parent: Document | Element, localName: string): Element[] {
  return Array.from(parent.getElementsByTagNameNS('*', localName));
}

/** What each signature of a document covers, as xml-crypto finds it under a certificate; `undefined`: it does not verify. */
export function verifiedReferences(xml: string, certificate: string): (string | undefined)[] {
  return elements(parse(xml), 'Signature').map((signature) => {
    const verifier = new SignedXml({ publicCert: certificate, getCertFromKeyInfo: () => null });
    try {
      verifier.loadSignature(signature);
      return verifier.checkSignature(xml) ? verifier.getSignedReferences()[0] : undefined;
    } catch {
      return undefined;
    }
  });
}

/** Every text and attribute of a document but those of its signatures, by path. */
export function flatten(xml: string): Map<string, string> {
  const values = new Map<string, string>();
  const root = parse(xml).documentElement;
  visit(root, `/${root.localName}`, values);
  return values;
}

function visit(element: Element, path: string, values: Map<string, string>): void {
  values.set(path, element.namespaceURI ?? '');
  for (const attribute of Array.from(element.attributes)) {
    if (!attribute.name.startsWith('xmlns')) values.set(`${path}/@${attribute.name}`, attribute.value);
  }
  const counts = new Map<string, number>();
  for (const node of Array.from(element.childNodes)) {
    if (node.nodeType === 3) values.set(`${path}/text()`, `${values.get(`${path}/text()`) ?? ''}${node.nodeValue}`);
    if (node.nodeType === 8) values.set(`${path}/comment()`, node.nodeValue ?? '');
    if (node.nodeType !== 1) continue;
    const child = node as Element;
    if (child.localName === 'Signature') continue;
    const count = (counts.get(child.localName) ?? 0) + 1;
    counts.set(child.localName, count);
    visit(child, `${path}/${child.localName}${count === 1 ? '' : `[${count}]`}`, values);
  }
}

/** How one document differs from another: `path: before → after`, with `∅` for what is not there; subtrees by their top. */
export function differences(before: string, after: string): string[] {
  const old = flatten(before);
  const changed = flatten(after);
  const paths = [...new Set([...old.keys(), ...changed.keys()])].filter((path) => old.get(path) !== changed.get(path));
  const isInside = (path: string) =>
    paths.some((top) => path.startsWith(`${top}/`) && old.has(top) !== changed.has(top));
  const show = (value: string | undefined) => (value === undefined ? '∅' : value.replaceAll('\n', '⏎'));
  return paths
    .filter((path) => !isInside(path))
    .map((path) => `${path}: ${show(old.get(path))} → ${show(changed.get(path))}`);
}
