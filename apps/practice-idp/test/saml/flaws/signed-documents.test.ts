import { beforeAll, describe, expect, it } from 'vitest';
import { type FlawName, flawNames, flaws, makeResponseXml } from '../../../src/index.ts';
import { elements, goodOptions, makeSigner, parse, type Signer, verifiedReferences } from '../../practice.ts';

/** The bones of each wrapped document: who is named by which assertion, and where the signatures stand. */
const expectedOutlines: Partial<Record<FlawName, string>> = {
  xsw1: 'Response(Signature(Response(Assertion:alice)) Assertion:bob)',
  xsw2: 'Response(Response(Assertion:alice) Signature Assertion:bob)',
  xsw3: 'Response(Assertion:bob Assertion:alice(Signature))',
  xsw4: 'Response(Assertion:bob(Assertion:alice(Signature)))',
  xsw5: 'Response(Assertion:bob(Signature) Assertion:alice)',
  xsw6: 'Response(Assertion:bob(Signature(Assertion:alice)))',
  xsw7: 'Response(Extensions(Assertion:bob) Assertion:alice(Signature))',
  xsw8: 'Response(Assertion:bob(Signature(Object(Assertion:alice))))',
  'signed-assertion-in-extensions': 'Response(Extensions(Assertion:alice(Signature)) Assertion:bob)',
  'duplicate-id': 'Response(Assertion:bob Assertion:alice(Signature))',
  'signature-excluded': 'Response(Assertion:bob)',
  'signature-moved': 'Response(Assertion:alice Signature)',
  'signature-twice': 'Response(Assertion:alice(Signature Signature))',
  'decoy-signature': 'Response(Extensions Assertion:bob(Signature))',
};

const bones = ['Response', 'Extensions', 'Assertion', 'Signature', 'Object'];

function outline(element: Element): string {
  const children = Array.from(element.childNodes).filter((node): node is Element => node.nodeType === 1);
  const inner = children.filter((child) => bones.includes(child.localName)).map(outline);
  const subject = children.find((child) => child.localName === 'Subject');
  const person = subject === undefined ? '' : `:${elements(subject, 'NameID')[0]?.textContent?.split('@')[0]}`;
  return element.localName + person + (inner.length === 0 ? '' : `(${inner.join(' ')})`);
}

describe('flaws of wrapping', () => {
  const names = flawNames.filter((name) => flaws[name].kind === 'wrapping');
  let signer: Signer;
  beforeAll(() => {
    signer = makeSigner();
  });

  it('are all in the table, and nothing else is', () => {
    expect(Object.keys(expectedOutlines).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('%s puts the parts where its name says', (flaw) => {
    const xml = makeResponseXml({ ...goodOptions(signer), flaw });
    expect(outline(parse(xml).documentElement)).toBe(expectedOutlines[flaw]);
  });

  it('duplicate-id gives the forged assertion the ID of the signed one', () => {
    const xml = makeResponseXml({ ...goodOptions(signer), flaw: 'duplicate-id' });
    const ids = elements(parse(xml), 'Assertion').map((assertion) => assertion.getAttribute('ID'));
    expect(new Set(ids).size).toBe(1);
  });

  it('xsw3 leaves the signature of the true assertion whole', () => {
    const xml = makeResponseXml({ ...goodOptions(signer), flaw: 'xsw3' });
    expect(verifiedReferences(xml, signer.certificate)).toEqual([expect.stringContaining('>alice@example.com<')]);
  });
});

describe('flaws of signatures', () => {
  let signer: Signer;
  beforeAll(() => {
    signer = makeSigner();
  });
  const written = (flaw: FlawName) => makeResponseXml({ ...goodOptions(signer), flaw });
  const algorithmsOf = (xml: string, tag: string) =>
    new Set(elements(parse(xml), tag).map((element) => element.getAttribute('Algorithm')));

  it('unsigned has no signature', () => {
    expect(elements(parse(written('unsigned')), 'Signature')).toEqual([]);
  });

  it.each([
    'tampered',
    'response-tampered',
    'comment-in-digest-value',
    'two-signed-infos',
    'two-signed-infos-forged-first',
  ] as const)('%s names the victim under a signature that no longer fits', (flaw) => {
    const xml = written(flaw);
    expect(elements(parse(xml), 'NameID').map((nameId) => nameId.textContent)).toEqual(['bob@example.com']);
    expect(verifiedReferences(xml, signer.certificate)).toEqual([undefined]);
  });

  it('comment-in-digest-value hides a second digest from canonicalisation', () => {
    expect(written('comment-in-digest-value')).toMatch(
      /<ds:DigestValue><!--[A-Za-z0-9+/]{43}=-->[A-Za-z0-9+/]{43}=<\/ds:DigestValue>/,
    );
  });

  it.each(['two-signed-infos', 'two-signed-infos-forged-first'] as const)('%s has two SignedInfos', (flaw) => {
    expect(elements(parse(written(flaw)), 'SignedInfo')).toHaveLength(2);
  });

  it.each([
    ['sha1-signature', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'],
    ['md5-signature', 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5'],
    ['hmac-sha1-signature', 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'],
    ['hmac-sha256-signature', 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'],
  ] as const)('%s says %s', (flaw, algorithm) => {
    expect(algorithmsOf(written(flaw), 'SignatureMethod')).toEqual(new Set([algorithm]));
  });

  it.each([
    ['sha1-digest', 'http://www.w3.org/2000/09/xmldsig#sha1'],
    ['md5-digest', 'http://www.w3.org/2001/04/xmldsig-more#md5'],
  ] as const)('%s says %s', (flaw, algorithm) => {
    expect(algorithmsOf(written(flaw), 'DigestMethod')).toEqual(new Set([algorithm]));
  });

  it.each(['sha1-signature', 'sha1-digest'] as const)(
    '%s is signed by the true key, so that only its weakness counts',
    (flaw) => {
      expect(verifiedReferences(written(flaw), signer.certificate)).not.toContain(undefined);
    },
  );

  it.each(['foreign-key', 'weak-rsa-1024'] as const)('%s verifies only with the certificate that it brings', (flaw) => {
    const xml = written(flaw);
    const base64 = elements(parse(xml), 'X509Certificate')[0]?.textContent ?? '';
    const brought = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`;
    expect(verifiedReferences(xml, brought)).not.toContain(undefined);
    expect(verifiedReferences(xml, signer.certificate)).toEqual([undefined, undefined]);
  });

  it('foreign-key-with-known-certificate brings the known certificate, which does not fit', () => {
    const xml = written('foreign-key-with-known-certificate');
    const base64 = signer.certificate.replaceAll(/-----[^-]+-----|\s/g, '');
    expect(elements(parse(xml), 'X509Certificate').map((element) => element.textContent)).toEqual([base64, base64]);
    expect(verifiedReferences(xml, signer.certificate)).toEqual([undefined, undefined]);
  });

  it('foreign-key-without-key-info has no KeyInfo', () => {
    expect(elements(parse(written('foreign-key-without-key-info')), 'KeyInfo')).toEqual([]);
  });

  it('void-canonicalisation has the digest of nothing under the true key', () => {
    const xml = written('void-canonicalisation');
    const emptyDigest = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
    expect(elements(parse(xml), 'DigestValue').map((element) => element.textContent)).toEqual([emptyDigest]);
    expect(xml).toContain('xmlns:void="1"');
  });

  it('void-canonicalisation-signed-info has a relative namespace in SignedInfo', () => {
    expect(written('void-canonicalisation-signed-info')).toContain('<ds:SignedInfo xmlns:void="1">');
  });
});

describe('flaws of documents', () => {
  const signs: Partial<Record<FlawName, RegExp>> = {
    doctype: /^<!DOCTYPE samlp:Response><samlp:Response/,
    'entity-bomb': /^<!DOCTYPE samlp:Response \[<!ENTITY l0 "laugh">.*<!ENTITY l9 .*>&l9;<\/saml:NameID>/,
    'external-entity': /^<!DOCTYPE [^>]*SYSTEM "file:.*>&file;<\/saml:NameID>/,
    'pi-in-document': /^<\?practice flaw\?><samlp:Response/,
    'pi-in-name-id': /bob@example\.com<\?practice flaw\?>\.stranger\.example<\/saml:NameID>/,
    'text-after-root': /<\/samlp:Response>text$/,
    'second-root': /<\/samlp:Response><second><\/second>$/,
    'cut-off': /<\/saml:Assertion><\/samlp$/,
    'wide-document': /(<x\/>){1000}/,
    'deep-document': /(<x>){1000}/,
    'many-attributes': /<x a0="" a1="".* a9999=""\/>/,
    'many-comments': /(<!---->){1000}/,
    oversized: / {100000}/,
  };
  const names = flawNames.filter((name) => flaws[name].kind === 'document');
  let signer: Signer;
  beforeAll(() => {
    signer = makeSigner();
  });

  it('are all in the table, and nothing else is', () => {
    expect(Object.keys(signs).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('%s is what its name says', (flaw) => {
    expect(makeResponseXml({ ...goodOptions(signer), flaw })).toMatch(signs[flaw] ?? /^$/);
  });

  it('pi-in-name-id verifies once the instruction is taken out', () => {
    const xml = makeResponseXml({ ...goodOptions(signer), flaw: 'pi-in-name-id' }).replaceAll('<?practice flaw?>', '');
    expect(verifiedReferences(xml, signer.certificate)).not.toContain(undefined);
  });
});
