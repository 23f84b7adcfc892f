import { constants, createDecipheriv, privateDecrypt, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  instant,
  makeResponse,
  makeResponseXml,
  makeSelfSignedCertificate,
  makeSigningKey,
  nameIdFormats,
  omitted,
} from '../../src/index.ts';
import { canonicalise } from '../../src/saml/signature.ts';
import {
  acsUrl,
  clock,
  differences,
  elements,
  flatten,
  goodOptions,
  makeSigner,
  now,
  parse,
  type Signer,
  verifiedReferences,
} from '../practice.ts';

describe('makeResponse', () => {
  let signer: Signer;
  beforeAll(() => {
    signer = makeSigner();
  });

  it('is the base64 of makeResponseXml', () => {
    const xml = makeResponseXml(goodOptions(signer));
    expect(Buffer.from(makeResponse(goodOptions(signer)), 'base64').toString('utf8')).toBe(xml);
  });

  it.each([
    ['both', ['Response', 'Assertion']],
    ['assertion', ['Assertion']],
    ['response', ['Response']],
    ['none', []],
  ] as const)('signs %s', (sign, signed) => {
    const xml = makeResponseXml({ ...goodOptions(signer), sign });
    const parents = elements(parse(xml), 'Signature').map((element) => (element.parentNode as Element).localName);
    expect(parents).toEqual(signed);
    expect(verifiedReferences(xml, signer.certificate)).not.toContain(undefined);
  });

  it('puts the signature right after the issuer, where the schema wants it', () => {
    const assertion = elements(parse(makeResponseXml(goodOptions(signer))), 'Assertion')[0];
    const children = Array.from(assertion?.childNodes ?? []).map((node) => (node as Element).localName);
    expect(children.slice(0, 3)).toEqual(['Issuer', 'Signature', 'Subject']);
  });

  it('signs by ECDSA in the form that XML Signature wants', () => {
    const key = makeSigningKey('ec-p256');
    const certificate = makeSelfSignedCertificate({ key, clock });
    const xml = makeResponseXml({ ...goodOptions({ key, certificate }), sign: 'assertion' });
    const value = elements(parse(xml), 'SignatureValue')[0]?.textContent ?? '';
    expect(Buffer.from(value, 'base64')).toHaveLength(64);
    const signedInfo = /<ds:SignedInfo>.*<\/ds:SignedInfo>/.exec(xml)?.[0] ?? '';
    const canonical = signedInfo.replace(
      '<ds:SignedInfo>',
      '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
    );
    const publicKey = { key: new X509Certificate(certificate).publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(canonicalise(canonical)).toBe(canonical);
    expect(verify('sha256', Buffer.from(canonical), publicKey, Buffer.from(value, 'base64'))).toBe(true);
  });

  it('leaves out InResponseTo when there was no request', () => {
    const { inResponseTo: _, ...options } = goodOptions(signer);
    expect(makeResponseXml(options)).not.toContain('InResponseTo');
  });

  it.each(['emailAddress', 'persistent', 'transient', 'unspecified'] as const)(
    'writes the NameID format %s',
    (format) => {
      const xml = makeResponseXml({ ...goodOptions(signer), nameIdFormat: format });
      expect(elements(parse(xml), 'NameID')[0]?.getAttribute('Format')).toBe(nameIdFormats[format]);
    },
  );

  it('takes each instant from the clock', () => {
    const later = makeResponseXml({ ...goodOptions(signer), clock: { now: () => now + 3_600_000 } });
    const changed = differences(makeResponseXml(goodOptions(signer)), later);
    expect(changed).toHaveLength(7);
    expect(later).not.toContain('2026-11-23T12:0');
  });

  it('is the same each time with the same clock and ids', () => {
    expect(makeResponse(goodOptions(signer))).toBe(makeResponse(goodOptions(signer)));
  });

  it('replaces any part, and leaves out what is omitted, under a good signature', () => {
    const xml = makeResponseXml({
      ...goodOptions(signer),
      response: { destination: omitted },
      assertion: { attributes: [{ name: 'role', values: ['a & b', '<c>'] }] },
      subject: { nameId: { content: 'a<!--x-->b' } },
      confirmation: { recipient: `${acsUrl}"` },
      conditions: { notOnOrAfter: instant(now, 1) },
      authnStatement: { sessionIndex: 'session' },
      signature: { digestAlgorithm: 'sha512' },
    });
    const values = flatten(xml);
    expect(values.has('/Response/@Destination')).toBe(false);
    expect(values.get('/Response/Assertion/AttributeStatement/Attribute/AttributeValue/text()')).toBe('a & b');
    expect(values.get('/Response/Assertion/AttributeStatement/Attribute/AttributeValue[2]/text()')).toBe('<c>');
    expect(values.get('/Response/Assertion/Subject/NameID/text()')).toBe('ab');
    expect(values.get('/Response/Assertion/Subject/NameID/comment()')).toBe('x');
    expect([...values.values()]).toContain(`${acsUrl}"`);
    expect(values.get('/Response/Assertion/Conditions/@NotOnOrAfter')).toBe('2026-11-23T12:00:01.000Z');
    expect(values.get('/Response/Assertion/AuthnStatement/@SessionIndex')).toBe('session');
    expect(verifiedReferences(xml, signer.certificate)).not.toContain(undefined);
  });

  it('shapes before signing and edits after', () => {
    const shaped = makeResponseXml({
      ...goodOptions(signer),
      shape: (draft) => ({ ...draft, response: { ...draft.response, trailer: '<x></x>' } }),
    });
    expect(verifiedReferences(shaped, signer.certificate)).not.toContain(undefined);
    const edited = makeResponseXml({ ...goodOptions(signer), edit: (xml) => xml.replaceAll('alice', 'mallory') });
    expect(verifiedReferences(edited, signer.certificate)).toEqual([undefined, undefined]);
  });

  it('encrypts so that the holder of the key can read the assertion', () => {
    const xml = makeResponseXml({ ...goodOptions(signer), flaw: 'encrypted-assertion' });
    const [sealedKey = Buffer.alloc(0), sealed = Buffer.alloc(0)] = elements(parse(xml), 'CipherValue').map((element) =>
      Buffer.from(element.textContent ?? '', 'base64'),
    );
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const key = privateDecrypt({ key: signer.key, padding, oaepHash: 'sha1' }, sealedKey);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    const assertion = decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
    expect(assertion).toMatch(/^<saml:Assertion .*>alice@example\.com<.*<\/saml:Assertion>$/);
    expect(verifiedReferences(assertion, signer.certificate)).not.toContain(undefined);
  });

  it('never repeats an ID', () => {
    const { ids: _, ...options } = goodOptions(signer);
    const idsOf = () => makeResponseXml(options).match(/ ID="[^"]+"/g) ?? [];
    expect(new Set([...idsOf(), ...idsOf()]).size).toBe(4);
  });
});
