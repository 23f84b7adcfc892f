import { constants } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { makeSelfSignedCertificate, makeSigningKey, omitted } from '@gatehouse/practice-idp';
import { describe, expect, it } from 'vitest';
import { inspectCertificate } from '../src/index.ts';
import { readXml } from '../src/xml/read-xml.ts';
import { signingBy, withSignedInfo } from './attacks/resign.ts';
import { connector, context, genuine, refusalOf, serviceProvider } from './login-scene.ts';

const provider = serviceProvider();
const { requestId } = context;
const now = context.clock.now();
const minute = 60_000;

describe('begin', () => {
  const begin = (settings: Partial<typeof connector> = {}) =>
    provider.begin({ ...connector, ...settings }, { requestId, relayState: 'opaque/+ &' });

  it('sends the browser to the endpoint with a deflated AuthnRequest and the RelayState', async () => {
    const url = new URL((await begin()).redirectUrl);
    const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
    const request = readXml(xml)?.root;

    expect(`${url.origin}${url.pathname}`).toBe(connector.endpoint);
    expect(url.searchParams.get('RelayState')).toBe('opaque/+ &');
    expect(Object.fromEntries(request?.attributes.map(({ local, value }) => [local, value]) ?? [])).toEqual({
      ID: requestId,
      Version: '2.0',
      IssueInstant: new Date(now).toISOString(),
      Destination: connector.endpoint,
      ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
      AssertionConsumerServiceURL: context.acsUrl,
    });
    expect(request?.elements.map(({ local, text }) => [local, text])).toEqual([
      ['Issuer', context.audience],
      ['NameIDPolicy', ''],
    ]);
    expect(request?.elements[1]?.attributes).toContainEqual({
      local: 'Format',
      uri: '',
      value: connector.nameIdFormat,
    });
  });

  it('keeps a query that the endpoint has, and escapes what XML needs escaped', async () => {
    const { redirectUrl } = await begin({ endpoint: 'https://idp.example/sso?tenant=a%20b&x=1' });
    expect(redirectUrl).toMatch(/^https:\/\/idp\.example\/sso\?tenant=a%20b&x=1&SAMLRequest=/);
    const request = inflateRawSync(Buffer.from(new URL(redirectUrl).searchParams.get('SAMLRequest') ?? '', 'base64'));
    expect(request.toString()).toContain('Destination="https://idp.example/sso?tenant=a%20b&amp;x=1"');
  });

  it('refuses a RelayState over 80 bytes and an ID that is no NCName', async () => {
    await expect(provider.begin(connector, { requestId, relayState: 'é'.repeat(41) })).rejects.toThrow(RangeError);
    await expect(provider.begin(connector, { requestId, relayState: 'é'.repeat(40) })).resolves.toBeDefined();
    await expect(provider.begin(connector, { requestId: '1"', relayState: '' })).rejects.toThrow(TypeError);
  });
});

describe('metadata', () => {
  it('names the entity ID and the assertion consumer service', () => {
    const document = readXml(provider.metadata());
    const acs = document?.elements.find(({ local }) => local === 'AssertionConsumerService');
    expect(document?.root.attributes).toContainEqual({ local: 'entityID', uri: '', value: context.audience });
    expect(acs?.attributes).toContainEqual({ local: 'Location', uri: '', value: context.acsUrl });
    expect(provider.metadata()).toBe(provider.metadata());
  });
});

describe('finish', () => {
  it('says who it is, as signed', async () => {
    const verified = await provider.finish(connector, genuine({ lifetimeSeconds: 120 }), { requestId });
    const { fingerprint256 } = inspectCertificate(context.certificate);

    expect(verified).toMatchObject({
      claimUntil: now + 2 * minute + minute,
      issuer: context.issuer,
      nameId: { value: 'alice@example.com', format: connector.nameIdFormat },
      emails: ['alice@example.com'],
      sessionNotOnOrAfter: now + 8 * 60 * minute,
      authnInstant: now,
      signedBy: fingerprint256,
      warnings: [],
    });
    expect(verified.subject).toEqual(verified.nameId);
    expect(verified.assertionId).toMatch(/^_/);
  });

  it.each(['assertion', 'response', 'both'] as const)('believes a signature of: %s', async (sign) => {
    await expect(provider.finish(connector, genuine({ sign }), { requestId })).resolves.toBeDefined();
  });

  it.each([
    ['response', 'response'],
    ['assertion', 'assertion'],
    ['both', 'both'],
  ] as const)('is content with %s when that is required', async (requireSignature, sign) => {
    const settings = { ...connector, connectorId: requireSignature, requireSignature };
    await expect(provider.finish(settings, genuine({ sign }), { requestId })).resolves.toBeDefined();
  });

  it('takes what admit has let through, which names the request it claims to answer', async () => {
    const admitted = provider.admit(genuine());
    expect(admitted.inResponseTo).toBe(requestId);
    await expect(provider.finish(connector, admitted, { requestId })).resolves.toBeDefined();
  });

  it('verifies with any of several pinned keys, with and without a hint in KeyInfo, and says with which', async () => {
    const settings = {
      ...connector,
      connectorId: 'rollover',
      certificates: [context.other.certificate, context.certificate],
    };
    const { fingerprint256 } = inspectCertificate(context.certificate);
    for (const certificate of [context.certificate, omitted, context.other.certificate] as const) {
      const { signedBy } = await provider.finish(settings, genuine({ signature: { certificate } }), { requestId });
      expect(signedBy).toBe(fingerprint256);
    }
  });

  it.each(['rsa-sha512', 'rsa-sha256'] as const)('verifies %s', async (signatureAlgorithm) => {
    await expect(
      provider.finish(connector, genuine({ signature: { signatureAlgorithm } }), { requestId }),
    ).resolves.toBeDefined();
  });

  it('verifies RSASSA-PSS', async () => {
    const mgf1 = 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1';
    const toMgf1 = (info: string) => info.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', mgf1);
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    const response = genuine(signingBy(withSignedInfo(toMgf1, undefined, pss)));
    await expect(provider.finish(connector, response, { requestId })).resolves.toBeDefined();
  });

  describe.each(['ec-p256', 'ec-p384'] as const)('with ECDSA by a key on %s', (type) => {
    const key = makeSigningKey(type);
    const certificate = makeSelfSignedCertificate({ key });
    const settings = { ...connector, connectorId: type, certificates: [context.certificate, certificate] };

    it.each([
      ['assertion', 'either'],
      ['response', 'either'],
      ['both', 'either'],
      ['both', 'both'],
    ] as const)('verifies a signature of: %s, required: %s', async (sign, requireSignature) => {
      const required = { ...settings, connectorId: `${type} ${requireSignature}`, requireSignature };
      const verified = await provider.finish(required, genuine({ key, certificate, sign }), { requestId });
      expect(verified.nameId.value).toBe(context.nameId);
      expect(verified.signedBy).toBe(inspectCertificate(certificate).fingerprint256);
    });
  });

  it('names the fingerprint of the key that it does not know', async () => {
    const key = makeSigningKey();
    const certificate = makeSelfSignedCertificate({ key });
    const refusal = await refusalOf(() => provider.finish(connector, genuine({ key, certificate }), { requestId }));
    expect(refusal?.code).toBe('saml_unknown_key');
    expect(refusal?.detail).toContain(inspectCertificate(certificate).fingerprint256);
  });

  it('warns of an expired pinned certificate', async () => {
    const expired = makeSelfSignedCertificate({
      key: context.key,
      notBefore: new Date(now - 20 * minute),
      notAfter: new Date(now - minute),
    });
    const settings = { ...connector, connectorId: 'expired', certificates: [expired] };
    const { warnings } = await provider.finish(settings, genuine(), { requestId });
    expect(warnings).toEqual(['expired_certificate']);
  });

  it('follows a new version of the connector at once', async () => {
    const first = { ...connector, connectorId: 'versions' };
    const second = { ...first, version: 2, certificates: [context.other.certificate] };
    await expect(provider.finish(first, genuine(), { requestId })).resolves.toBeDefined();
    expect((await refusalOf(() => provider.finish(second, genuine(), { requestId })))?.code).toBe('saml_unknown_key');
    await expect(provider.finish(first, genuine(), { requestId })).resolves.toBeDefined();
  });

  it('lets clocks differ by the skew and no more', async () => {
    const response = genuine({ lifetimeSeconds: 60 });
    const at = (offset: number) => serviceProvider({ clock: { now: () => now + offset } });
    await expect(at(2 * minute - 1).finish(connector, response, { requestId })).resolves.toBeDefined();
    expect((await refusalOf(() => at(2 * minute).finish(connector, response, { requestId })))?.code).toBe(
      'saml_conditions_expired',
    );
    await expect(at(-minute).finish(connector, response, { requestId })).resolves.toBeDefined();
    expect((await refusalOf(() => at(-minute - 1).finish(connector, response, { requestId })))?.code).toBe(
      'saml_issue_instant_invalid',
    );
  });

  it('finishes many logins at once without mixing them', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `person-${index}@example.com`);
    const verified = await Promise.all(
      names.map((nameId) => provider.finish(connector, genuine({ nameId }), { requestId })),
    );
    expect(verified.map(({ nameId }) => nameId.value)).toEqual(names);
  });
});

describe('who it is', () => {
  const finish = (options: Parameters<typeof genuine>[0]) =>
    provider.finish(connector, genuine(options), { requestId });
  const emailClaim = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';

  it('is no subject when the NameID is transient, but may have an e-mail address', async () => {
    const verified = await finish({
      nameId: '_t1',
      nameIdFormat: 'transient',
      attributes: [{ name: 'mail', values: ['a@b.example'] }],
    });
    expect(verified.subject).toBeUndefined();
    expect(verified.emails).toEqual(['a@b.example']);
  });

  it('takes the NameID in e-mail format before any attribute', async () => {
    const { emails } = await finish({
      attributes: [{ name: 'email', values: ['mallory@example.com', 'x@example.com'] }],
    });
    expect(emails).toEqual(['alice@example.com']);
  });

  it.each(['email', 'mail', emailClaim, 'urn:oid:0.9.2342.19200300.100.1.3'])(
    'reads the attribute %s',
    async (name) => {
      const attributes = [{ name, values: ['alice@example.com'] }];
      expect((await finish({ nameId: 'p1', nameIdFormat: 'persistent', attributes })).emails).toEqual([
        'alice@example.com',
      ]);
    },
  );

  it('takes the first attribute that has a value, and spellings of one address as one', async () => {
    const attributes = [
      { name: emailClaim, values: ['other@example.com'] },
      { name: 'email', values: [''] },
      { name: 'mail', values: ['Alice@EXAMPLE.com', 'alice@example.com'] },
    ];
    const { emails } = await finish({ nameId: 'p1', nameIdFormat: 'persistent', attributes });
    expect(emails).toEqual(['alice@example.com']);
  });

  it('has qualifiers and a display name when they are given, and none when not', async () => {
    const attributes = [{ name: 'displayName', values: ['Alice Ångström'] }];
    const verified = await finish({ attributes, subject: { nameQualifier: 'q', spNameQualifier: 'sp' } });
    expect(verified.displayName).toBe('Alice Ångström');
    expect(verified.nameId).toMatchObject({ nameQualifier: 'q', spNameQualifier: 'sp' });
    expect(await finish({})).not.toHaveProperty('displayName');
  });
});
