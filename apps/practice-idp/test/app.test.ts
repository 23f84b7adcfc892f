import { X509Certificate } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acsUrl, elements, flatten, makeSigner, now, parse, verifiedReferences } from './practice.ts';
import {
  authnRequest,
  base64,
  baseUrl,
  form,
  formAction,
  hiddenField,
  type Identity,
  practiceIdp,
  redirectUrl,
} from './service-provider.ts';

let identity: Identity;
let idp: FastifyInstance;
let time: number;
beforeAll(() => {
  identity = makeSigner();
});
beforeEach(() => {
  time = now;
  idp = practiceIdp(identity, { clock: { now: () => time } });
});
afterEach(() => idp.close());

const get = (url: string, headers: Record<string, string> = {}) => idp.inject({ method: 'GET', url, headers });
const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  idp.inject({ method: 'POST', url, ...form(fields, headers) });
const signIn = (fields: Record<string, string> = {}, xml = authnRequest()) =>
  post('/saml/sign-in', { SAMLRequest: base64(xml), RelayState: 'state', account: 'alice@example.com', ...fields });
const answerIn = (html: string) => Buffer.from(hiddenField(html, 'SAMLResponse') ?? '', 'base64').toString('utf8');
const cookieOf = (headers: Record<string, unknown>) => String(headers['set-cookie']).split(';')[0] ?? '';
const persistent = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>';

describe('the sign-in', () => {
  it('goes from the redirect over the page to a signed answer for that request', async () => {
    const page = await get(redirectUrl(authnRequest(), 'a "state" & more'));
    expect(page.statusCode).toBe(200);
    expect(formAction(page.body)).toBe('/saml/sign-in');
    const answer = await post('/saml/sign-in', {
      SAMLRequest: hiddenField(page.body, 'SAMLRequest') ?? '',
      RelayState: hiddenField(page.body, 'RelayState') ?? '',
      account: 'alice@example.com',
    });
    expect(formAction(answer.body)).toBe(acsUrl);
    expect(hiddenField(answer.body, 'RelayState')).toBe('a "state" & more');
    const xml = answerIn(answer.body);
    expect(verifiedReferences(xml, identity.certificate)).toEqual([expect.any(String), expect.any(String)]);
    const values = flatten(xml);
    expect(values.get('/Response/@InResponseTo')).toBe('_request');
    expect(values.get('/Response/@Destination')).toBe(acsUrl);
    expect(values.get('/Response/Issuer/text()')).toBe(`${baseUrl}/saml/metadata`);
    expect(values.get('/Response/Assertion/Subject/NameID/text()')).toBe('alice@example.com');
    const attributes = elements(parse(xml), 'Attribute').map((a) => [a.getAttribute('Name'), a.textContent]);
    expect(attributes).toEqual([
      ['email', 'alice@example.com'],
      ['displayName', 'Alice Adams'],
      ['givenName', 'Alice'],
      ['surname', 'Adams'],
    ]);
  });

  it('takes the request by HTTP-POST too', async () => {
    const page = await post('/saml/sso', { SAMLRequest: base64(authnRequest()), RelayState: 'state' });
    expect(page.statusCode).toBe(200);
    expect(hiddenField(page.body, 'RelayState')).toBe('state');
  });

  it('takes any e-mail address that is typed', async () => {
    const answer = await signIn({ account: '', email: '  Carol.Jones@Example.COM ' }, authnRequest());
    expect(answer.statusCode).toBe(400);
    const typed = await post('/saml/sign-in', {
      SAMLRequest: base64(authnRequest()),
      email: ' Carol.Jones@Example.COM ',
    });
    const values = flatten(answerIn(typed.body));
    expect(values.get('/Response/Assertion/Subject/NameID/text()')).toBe('Carol.Jones@Example.COM');
    expect(answerIn(typed.body)).toContain('Carol Jones');
  });

  it.each(['', 'carol', 'a b@example.com', '@example.com', `${'a'.repeat(250)}@example.com`])(
    'asks again when the address is %j',
    async (email) => {
      const page = await post('/saml/sign-in', { SAMLRequest: base64(authnRequest()), email });
      expect(page.statusCode).toBe(400);
      expect(page.body).toContain('role="alert"');
      expect(page.headers['set-cookie']).toBeUndefined();
    },
  );

  it('is silent the second time', async () => {
    const cookie = cookieOf((await signIn({ account: 'bob@example.com' })).headers);
    const answer = await get(redirectUrl(authnRequest()), { cookie });
    expect(answerIn(answer.body)).toContain('>bob@example.com<');
  });

  it('asks all the same when ForceAuthn is set, after sign-out, after eight hours and with a forged cookie', async () => {
    const signedIn = await signIn();
    const cookie = cookieOf(signedIn.headers);
    expect(signedIn.headers['set-cookie']).toMatch(/HttpOnly; SameSite=Lax$/);
    const asks = async (url: string, headers: Record<string, string>) =>
      hiddenField((await get(url, headers)).body, 'SAMLResponse') === undefined;
    expect(await asks(redirectUrl(authnRequest()), { cookie })).toBe(false);
    expect(await asks(redirectUrl(authnRequest({ attributes: ' ForceAuthn="true"' })), { cookie })).toBe(true);
    expect(await asks(redirectUrl(authnRequest()), { cookie: cookie.replace('alice', 'bob') })).toBe(true);
    const signedOut = await post('/sign-out', {}, { cookie });
    expect(signedOut.headers['set-cookie']).toContain('practice_idp_session=;');
    time = now + 8 * 3_600_000;
    expect(await asks(redirectUrl(authnRequest()), { cookie })).toBe(true);
  });

  it('marks its cookie Secure behind https', async () => {
    const secure = practiceIdp(identity, { baseUrl: 'https://idp.example' });
    const fields = { SAMLRequest: base64(authnRequest()), account: 'alice@example.com' };
    const answer = await secure.inject({ method: 'POST', url: '/saml/sign-in', ...form(fields) });
    expect(answer.headers['set-cookie']).toMatch(/; Secure/);
    await secure.close();
  });

  it('gives a persistent NameID that one service provider sees again and another does not', async () => {
    const nameIdFor = async (issuer: string) => {
      const answer = await signIn({}, authnRequest({ issuer, policy: persistent }));
      return flatten(answerIn(answer.body)).get('/Response/Assertion/Subject/NameID/text()');
    };
    const first = await nameIdFor('https://one.example');
    expect(await nameIdFor('https://one.example')).toBe(first);
    expect(await nameIdFor('https://two.example')).not.toBe(first);
    expect(first).not.toContain('alice');
  });

  it('gives a new transient NameID each time', async () => {
    const xml = authnRequest({ policy: persistent.replace('persistent', 'transient') });
    const nameIds = [await signIn({}, xml), await signIn({}, xml)].map((answer) =>
      flatten(answerIn(answer.body)).get('/Response/Assertion/Subject/NameID/text()'),
    );
    expect(new Set(nameIds).size).toBe(2);
  });
});

describe('what it refuses', () => {
  it.each([
    ['https://stranger.example/acs', 'acs_not_allowed'],
    ['http://localhost.stranger.example/acs', 'acs_not_allowed'],
    ['http://localhost:3000@stranger.example/acs', 'acs_not_allowed'],
    ['http://alice@localhost:3000/acs', 'acs_not_allowed'],
    ['javascript:alert(1)', 'acs_not_allowed'],
    ['//stranger.example/acs', 'acs_not_allowed'],
    ['', 'request_incomplete'],
  ])('sends no answer to %j, in no step', async (acs, code) => {
    const xml = authnRequest({ acs });
    const { headers } = await signIn();
    const answers = [
      await get(redirectUrl(xml)),
      await get(redirectUrl(xml), { cookie: cookieOf(headers) }),
      await post('/saml/sso', { SAMLRequest: base64(xml) }),
      await signIn({}, xml),
    ];
    for (const answer of answers) {
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain(`<code>${code}</code>`);
      expect(answer.body).not.toContain('<form');
      expect(answer.headers.location).toBeUndefined();
    }
  });

  it('answers an origin that it was told of', async () => {
    const told = practiceIdp(identity, { allowedOrigins: ['https://sso.example'] });
    const url = (acs: string) => redirectUrl(authnRequest({ acs }));
    expect((await told.inject(url('https://sso.example/acs'))).statusCode).toBe(200);
    expect((await told.inject(url('https://sso.example:8443/acs'))).statusCode).toBe(400);
    await told.close();
  });

  it.each([
    ['no request', '/saml/sso', 'request_missing'],
    ['a request twice', '/saml/sso?SAMLRequest=a&SAMLRequest=b', 'request_missing'],
    ['what is not base64', '/saml/sso?SAMLRequest=%25', 'request_encoding'],
    ['what is not deflated', `/saml/sso?SAMLRequest=${encodeURIComponent(base64('<a/>'))}`, 'request_encoding'],
    ['a deflate bomb', redirectUrl(' '.repeat(50_000_000)), 'request_too_large'],
    ['no XML', redirectUrl('nonsense'), 'request_xml'],
    ['unfinished XML', redirectUrl(authnRequest().slice(0, -3)), 'request_xml'],
    ['another document', redirectUrl('<a/>'), 'request_xml'],
    ['a document type', redirectUrl(`<!DOCTYPE a [<!ENTITY b "c">]>${authnRequest()}`), 'request_xml'],
    ['another version', redirectUrl(authnRequest().replace('"2.0"', '"1.1"')), 'request_incomplete'],
    ['no ID', redirectUrl(authnRequest().replace(' ID="_request"', '')), 'request_incomplete'],
    ['no issuer', redirectUrl(authnRequest({ issuer: '' })), 'request_incomplete'],
    ['another binding', redirectUrl(authnRequest({ attributes: ' ProtocolBinding="urn:x"' })), 'request_binding'],
    [
      'another destination',
      redirectUrl(authnRequest({ attributes: ' Destination="http://x/"' })),
      'destination_mismatch',
    ],
    [
      'an unknown NameID format',
      redirectUrl(authnRequest({ policy: persistent.replace('persistent', 'x') })),
      'name_id_format_unknown',
    ],
  ])('refuses %s', async (_, url, code) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(`<code>${code}</code>`);
  });

  it('inflates a bomb no further than its limit', async () => {
    const bomb = encodeURIComponent(deflateRawSync(Buffer.alloc(100_000_000)).toString('base64'));
    const before = process.cpuUsage();
    const answer = await get(`/saml/sso?SAMLRequest=${bomb}`);
    const { user } = process.cpuUsage(before);
    expect(answer.body).toContain('request_too_large');
    expect(user / 1_000).toBeLessThan(100);
  });

  it('refuses a body beyond its limit, and of another type', async () => {
    expect((await post('/saml/sso', { SAMLRequest: 'a'.repeat(200_000) })).statusCode).toBe(413);
    const headers = { 'content-type': 'application/xml' };
    expect((await idp.inject({ method: 'POST', url: '/saml/sso', headers, payload: '<a/>' })).statusCode).toBe(415);
    expect((await get('/nowhere')).statusCode).toBe(404);
  });

  it('writes what others say as text, never as markup', async () => {
    const issuer = '&lt;img src=x onerror=alert(1)&gt;"';
    const page = await get(redirectUrl(authnRequest({ issuer }), '"><script>alert(1)</script>'));
    expect(page.body).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;');
    expect(page.body).not.toMatch(/<img|<script>/);
  });

  it('lets its pages run no script but its own, and post to service providers only', async () => {
    const policy = (await signIn()).headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toMatch(
      /form-action http:\/\/localhost:\* https:\/\/localhost:\* http:\/\/127\.0\.0\.1:\* https:\/\/127\.0\.0\.1:\*$/,
    );
    expect((await get('/')).headers['content-security-policy']).toMatch(/form-action 'self'$/);
  });
});

describe('misbehaviour', () => {
  const audiencesOf = (html: string) =>
    elements(parse(answerIn(html)), 'Audience').map((audience) => audience.textContent);
  const other = ['https://other.example/saml/metadata'];

  it('is off by default', async () => {
    expect((await get('/practice/flaw')).json()).toMatchObject({ name: null });
    expect(audiencesOf((await signIn()).body)).not.toEqual(other);
  });

  it('is chosen for one sign-in by the form or the query', async () => {
    expect(audiencesOf((await signIn({ flaw: 'wrong-audience' })).body)).toEqual(other);
    const fields = { SAMLRequest: base64(authnRequest()), account: 'alice@example.com' };
    expect(audiencesOf((await post('/saml/sign-in?flaw=wrong-audience', fields)).body)).toEqual(other);
    expect(audiencesOf((await signIn()).body)).not.toEqual(other);
  });

  it('is chosen for all of them by JSON, silent ones too, until it is switched off', async () => {
    const cookie = cookieOf((await signIn()).headers);
    const choose = (name: string | null) => idp.inject({ method: 'POST', url: '/practice/flaw', payload: { name } });
    expect((await choose('wrong-audience')).json()).toEqual({ name: 'wrong-audience' });
    expect(audiencesOf((await get(redirectUrl(authnRequest()), { cookie })).body)).toEqual(other);
    expect((await get(redirectUrl(authnRequest()))).body).toContain('<option value="wrong-audience" selected>');
    expect(audiencesOf((await signIn()).body)).toEqual(other);
    expect(audiencesOf((await signIn({ flaw: '' })).body)).not.toEqual(other);
    expect((await choose(null)).json()).toEqual({ name: null });
    expect(audiencesOf((await get(redirectUrl(authnRequest()), { cookie })).body)).not.toEqual(other);
  });

  it('is chosen by the form of the overview, from its own pages only', async () => {
    const own = await post('/practice/flaw', { name: 'doctype' }, { origin: baseUrl });
    expect([own.statusCode, own.headers.location]).toEqual([303, '/']);
    const foreign = await post('/practice/flaw', { name: '' }, { origin: 'https://stranger.example' });
    expect(foreign.statusCode).toBe(403);
    expect((await get('/practice/flaw')).json()).toMatchObject({ name: 'doctype' });
  });

  it.each([{ name: 'no-such-flaw' }, { name: 'toString' }, { name: 1 }, {}])(
    'refuses the choice %j',
    async (payload) => {
      const answer = await idp.inject({ method: 'POST', url: '/practice/flaw', payload });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'flaw_unknown' });
    },
  );

  it('replayed sends the answer of the sign-in before once more', async () => {
    const first = answerIn((await signIn()).body);
    expect(answerIn((await signIn({ flaw: 'replayed' })).body)).toBe(first);
    expect(answerIn((await signIn()).body)).not.toBe(first);
  });

  it('unsolicited answers no request and brings no RelayState', async () => {
    const answer = await signIn({ flaw: 'unsolicited' });
    expect(answerIn(answer.body)).not.toContain('InResponseTo');
    expect(hiddenField(answer.body, 'RelayState')).toBeUndefined();
  });
});

describe('what it says of itself', () => {
  it('shows an administrator every field of the connector form', async () => {
    const { body } = await get('/');
    expect(body).toContain(`value="${baseUrl}/saml/metadata"`);
    expect(body).toContain(`value="${baseUrl}/saml/sso"`);
    expect(body).toContain('value="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"');
    const shown = /-----BEGIN CERTIFICATE-----[^<]+-----END CERTIFICATE-----/.exec(body)?.[0] ?? '';
    expect(new X509Certificate(shown).checkPrivateKey(identity.key)).toBe(true);
  });

  it('has metadata with its entity ID, endpoints and certificate', async () => {
    const answer = await get('/saml/metadata');
    expect(answer.headers['content-type']).toContain('application/samlmetadata+xml');
    const document = parse(answer.body);
    expect(document.documentElement.getAttribute('entityID')).toBe(`${baseUrl}/saml/metadata`);
    const endpoints = elements(document, 'SingleSignOnService').map((e) => [
      e.getAttribute('Binding'),
      e.getAttribute('Location'),
    ]);
    expect(endpoints).toEqual([
      ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', `${baseUrl}/saml/sso`],
      ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', `${baseUrl}/saml/sso`],
    ]);
    const certificate = Buffer.from(elements(document, 'X509Certificate')[0]?.textContent ?? '', 'base64');
    expect(new X509Certificate(certificate).checkPrivateKey(identity.key)).toBe(true);
  });
});
