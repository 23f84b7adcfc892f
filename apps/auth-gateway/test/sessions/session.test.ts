import { createTokenVerifier } from '@gatehouse/keyring';
import { omitted } from '@gatehouse/practice-idp';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { asAdmin, createScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let browser: Browser;
beforeEach(async () => {
  scene = await createScene();
  browser = scene.browser();
  await scene.signIn(browser, { authnStatement: { sessionNotOnOrAfter: omitted } });
});
afterEach(() => scene.close());

const hour = 3_600_000;
const status = async () => (await browser.send('/api/session')).statusCode;
const cookie = () => `gatehouse_session=${browser.cookies.get('gatehouse_session')?.value}`;
const token = (json?: unknown, headers: Readonly<Record<string, string>> = {}) =>
  browser.send('/api/session/token', { method: 'POST', json, headers });

describe('a session', () => {
  it('ends when it was not used for eight hours', async () => {
    scene.clock.advance(8 * hour - 1);
    expect(await status()).toBe(200);
    scene.clock.advance(8 * hour - 1);
    expect(await status()).toBe(200);
    scene.clock.advance(8 * hour);
    expect(await status()).toBe(401);
  });

  it('ends after a day, however much it is used', async () => {
    for (let i = 0; i < 6; i++) {
      scene.clock.advance(4 * hour - 1);
      expect(await status()).toBe(200);
    }
    scene.clock.advance(6);
    expect(await status()).toBe(401);
  });

  it('is stored without its token', async () => {
    const { items } = await scene.loginState.listSessions({ kind: 'user', limit: 10 });
    expect(JSON.stringify(items)).not.toContain(browser.cookies.get('gatehouse_session')?.value);
  });

  it('is nothing without its cookie, or with another', async () => {
    for (const sent of ['', 'gatehouse_session=', `gatehouse_session=${'x'.repeat(43)}`, 'gatehouse_session=short']) {
      const answer = await scene.app.inject({ url: '/api/session', headers: { cookie: sent } });
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'no_session' });
    }
  });

  it('is ended by DELETE, and told of', async () => {
    const sent = cookie();
    const answer = await browser.send('/api/session', { method: 'DELETE' });
    expect(answer.statusCode).toBe(204);
    expect(browser.cookies.has('gatehouse_session')).toBe(false);
    expect((await scene.app.inject({ url: '/api/session', headers: { cookie: sent } })).statusCode).toBe(401);
    const revoked = (await scene.facts()).filter(({ type }) => type === 'session.revoked');
    expect(revoked.map(({ data, sequence, actor }) => [data, sequence, actor])).toMatchObject([
      [{ reason: 'signed_out', userId: scene.alice.id }, 2, `user/${scene.alice.id}`],
    ]);
  });

  it('is ended by the form of its page', async () => {
    const answer = await browser.send('/api/session/sign-out', { method: 'POST', form: {} });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/signed-out']);
    expect(await status()).toBe(401);
  });
});

describe('what changes a session', () => {
  it.each([
    ['of another origin', { origin: 'https://evil.example' }, 403],
    ['of an opaque origin', { origin: 'null' }, 403],
    [
      'of another origin that says it were ours',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      403,
    ],
    ['of our origin', { origin: 'http://localhost:3000' }, 200],
  ])('is asked for by a request %s: %j → %i', async (_name, headers, expected) => {
    expect((await token({}, headers)).statusCode).toBe(expected);
    const wanted = expected === 200 ? 204 : expected;
    expect((await browser.send('/api/session', { method: 'DELETE', headers })).statusCode).toBe(wanted);
    if (expected === 403) expect(await status()).toBe(200);
  });

  it.each([
    [{}, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
  ])('without Origin counts only when the browser says same-origin: %j → %i', async (headers, expected) => {
    const answer = await scene.app.inject({
      method: 'POST',
      url: '/api/session/token',
      headers: { cookie: cookie(), ...headers },
    });
    expect(answer.statusCode).toBe(expected);
  });
});

describe('a token', () => {
  it('is a JWT of five minutes that verifies with the published keys', async () => {
    const { token: jwt, expiresAt } = (await token()).json<{ token: string; expiresAt: string }>();
    const keys = (await scene.app.inject({ url: '/.well-known/jwks.json' })).json();
    const { baseUrl, clock } = scene;
    const verifier = createTokenVerifier({
      jwks: async () => keys,
      clock,
      typ: 'JWT',
      audience: baseUrl,
      issuer: baseUrl,
    });
    const claims = await verifier.verify(jwt);
    expect(claims).toMatchObject({
      sub: scene.alice.id,
      email: 'alice@example.com',
      connector: scene.corp.id,
      aud: baseUrl,
    });
    expect(claims.sid).toMatch(/^ses_/);
    expect(Date.parse(expiresAt) - clock.now()).toBe(300_000);
    expect(decodeProtectedHeader(jwt)).toMatchObject({ alg: 'ES256', typ: 'JWT' });
  });

  it('does not outlive its session', async () => {
    await scene.signIn(browser, {
      authnStatement: { sessionNotOnOrAfter: new Date(scene.clock.now() + 60_000).toISOString() },
    });
    const { expiresAt } = (await token()).json<{ expiresAt: string }>();
    expect(Date.parse(expiresAt) - scene.clock.now()).toBe(60_000);
  });

  it('is for audiences on the list only, and never for the services behind the gateway', async () => {
    const allowed = await token({ audience: 'https://api.example' });
    const unknown = await token({ audience: 'https://evil.example' });
    const internal = await token({ audience: 'gatehouse-internal' });
    expect([allowed.statusCode, unknown.statusCode, internal.statusCode]).toEqual([200, 400, 400]);
    const { token: jwt } = allowed.json<{ token: string }>();
    await expect(scene.gateway.verifyInternalToken(jwt)).rejects.toMatchObject({
      code: expect.stringMatching(/^token_/),
    });
  });
});

describe('a session ends at once', () => {
  const changes: readonly (readonly [string, string, (s: Scene) => { method: 'POST' | 'DELETE'; url: string }])[] = [
    ['user is suspended', 'user_suspended', (s) => ({ method: 'POST', url: `/api/users/${s.alice.id}/suspend` })],
    ['user is deleted', 'user_deleted', (s) => ({ method: 'DELETE', url: `/api/users/${s.alice.id}` })],
    [
      'user is unlinked',
      'user_unlinked',
      (s) => ({ method: 'DELETE', url: `/api/users/${s.alice.id}/connectors/${s.corp.id}` }),
    ],
    [
      'subject is freed',
      'subject_freed',
      (s) => ({ method: 'DELETE', url: `/api/users/${s.alice.id}/connectors/${s.corp.id}/subject` }),
    ],
    [
      'connector is disabled',
      'connector_disabled',
      (s) => ({ method: 'POST', url: `/api/connectors/${s.corp.id}/disable` }),
    ],
    ['connector is deleted', 'connector_deleted', (s) => ({ method: 'DELETE', url: `/api/connectors/${s.corp.id}` })],
  ];

  it.each(changes)(
    'when its %s, before the 2xx, also while the projection stands still',
    async (_name, reason, change) => {
      scene.owners.hold();
      const answer = await scene.app.inject({ ...change(scene), headers: asAdmin });
      expect(answer.statusCode).toBeLessThan(300);
      expect(answer.headers['gatehouse-applied']).toBe('pending');
      expect(await status()).toBe(401);
      const next = scene.browser();
      const start = await next.send('/api/sso/login/corp');
      if (start.statusCode === 302) {
        const login = await next.start('corp');
        expect((await next.answer(scene.response(login), login.relayState)).statusCode).toBe(403);
      } else expect(start.statusCode).toBe(404);
      const revoked = (await scene.facts()).filter(({ type }) => type === 'session.revoked');
      expect(revoked.map(({ data, actor }) => [data, actor])).toMatchObject([
        [{ reason }, 'api-key/GATEHOUSE_ADMIN_KEY'],
      ]);
      await scene.owners.release();
      await scene.settled();
      expect(await status()).toBe(401);
    },
  );

  it.each(changes)('when its %s in another way than through this gateway', async (name, reason) => {
    const { alice, corp, owners } = scene;
    if (name.startsWith('user is suspended'))
      await owners.changeUser(alice.id, ({ user, links }) => ({ user: { ...user, status: 'suspended' }, links }));
    else if (name === 'user is deleted') await owners.deleteUser(alice.id);
    else if (name === 'user is unlinked') await owners.changeUser(alice.id, ({ user }) => ({ user, links: [] }));
    else if (name === 'subject is freed')
      await owners.changeUser(alice.id, ({ user, links }) => ({
        user,
        links: links.map(({ connectorId, linkedAt }) => ({ connectorId, linkedAt })),
      }));
    else if (name === 'connector is deleted') await owners.deleteConnector(corp.id);
    else await owners.changeConnector(corp.id, (connector) => ({ ...connector, enabled: false }));
    await scene.settled();
    await expect.poll(async () => (await scene.loginState.listSessions({ kind: 'user', limit: 10 })).items).toEqual([]);
    expect(await status()).toBe(401);
    const revoked = (await scene.facts()).filter(({ type }) => type === 'session.revoked');
    expect(revoked.map(({ data, actor }) => [data, actor])).toMatchObject([[{ reason }, 'system/auth-gateway']]);
  });

  it.each([
    ['user', () => `user/${scene.alice.id}`],
    ['connector', () => `connector/${scene.corp.id}`],
    ['link', () => `link/${scene.alice.id}/${scene.corp.id}`],
  ])('when another gateway has marked its %s, until the change itself says what holds', async (kind, subject) => {
    const aggregateId = kind === 'connector' ? scene.corp.id : scene.alice.id;
    const before = kind === 'connector' ? 1 : scene.owners.user(scene.alice.id).user.version;
    await scene.loginState.putDenyMarks([{ subject: subject(), version: before + 1 }], scene.clock.now() + 60_000);
    expect(await status()).toBe(401);
    if (kind === 'connector') await scene.owners.changeConnector(aggregateId, (connector) => connector);
    else await scene.owners.changeUser(aggregateId, (owned) => owned);
    await scene.settled();
    expect(await status()).toBe(200);
  });

  it.each([
    ['user', (s: Scene) => s.owners.deleteUser(s.alice.id), (s: Scene) => `/api/users/${s.alice.id}`],
    ['connector', (s: Scene) => s.owners.deleteConnector(s.corp.id), (s: Scene) => `/api/connectors/${s.corp.id}`],
  ])('when its %s turns out to be deleted already, by a call whose answer was lost', async (_name, lost, url) => {
    scene.owners.hold();
    await lost(scene);
    expect(await status()).toBe(200);
    const again = await scene.app.inject({ method: 'DELETE', url: url(scene), headers: asAdmin });
    expect(again.statusCode).toBe(404);
    expect(await status()).toBe(401);
    const next = scene.browser();
    const start = await next.send('/api/sso/login/corp');
    if (start.statusCode === 302) {
      const login = await next.start('corp');
      expect((await next.answer(scene.response(login), login.relayState)).statusCode).toBe(403);
    } else expect(start.statusCode).toBe(404);
  });

  it('and for good, however long the gateway hears nothing of the change', async () => {
    scene.owners.hold();
    const url = `/api/users/${scene.alice.id}/suspend`;
    expect((await scene.app.inject({ method: 'POST', url, headers: asAdmin })).statusCode).toBe(200);
    scene.clock.advance(60 * 86_400_000);
    const next = scene.browser();
    const login = await next.start('corp');
    expect((await next.answer(scene.response(login), login.relayState)).statusCode).toBe(403);
  });

  it('and a user who is reactivated signs in anew', async () => {
    const act = (action: string) =>
      scene.app.inject({ method: 'POST', url: `/api/users/${scene.alice.id}/${action}`, headers: asAdmin });
    await act('suspend');
    const answer = await act('reactivate');
    expect(answer.headers['gatehouse-applied']).toBeUndefined();
    expect(await status()).toBe(401);
    await scene.signIn(browser);
    expect(await status()).toBe(200);
  });
});

describe('the internal port', () => {
  const post = (url: string, payload: object, headers: Readonly<Record<string, string>> = asAdmin) =>
    scene.internalApp.inject({ method: 'POST', url, payload, headers });

  const codeOf = async (): Promise<string> => {
    const login = await browser.start('corp', `?return_to=${encodeURIComponent('https://app.example/in')}`);
    const answer = await browser.answer(scene.response(login), login.relayState);
    return new URL(String(answer.headers.location)).searchParams.get('code') ?? '';
  };

  it('redeems a code once, for a token of the origin it was sent to, and knows that token', async () => {
    const code = await codeOf();
    const redeemed = await post('/api/session/redeem', { code, origin: 'https://app.example' });
    expect(redeemed.statusCode).toBe(200);
    const { token: jwt } = redeemed.json<{ token: string }>();
    expect((await post('/api/session/redeem', { code })).json()).toMatchObject({ code: 'invalid_code' });
    const known = await post('/api/session/introspect', { token: jwt });
    expect(known.json()).toMatchObject({
      active: true,
      user: { id: scene.alice.id },
      connector: { id: scene.corp.id },
    });
    await scene.app.inject({ method: 'POST', url: `/api/users/${scene.alice.id}/suspend`, headers: asAdmin });
    expect((await post('/api/session/introspect', { token: jwt })).json()).toEqual({ active: false });
  });

  it('gives a code to exactly one of 50', async () => {
    const code = await codeOf();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('/api/session/redeem', { code })));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
  });

  it('refuses a code that is meant for another origin, too old, or of a session that has ended', async () => {
    expect(
      (await post('/api/session/redeem', { code: await codeOf(), origin: 'https://evil.example' })).statusCode,
    ).toBe(400);
    const late = await codeOf();
    scene.clock.advance(60_000);
    expect((await post('/api/session/redeem', { code: late })).statusCode).toBe(400);
    const ended = await codeOf();
    await browser.send('/api/session', { method: 'DELETE' });
    expect((await post('/api/session/redeem', { code: ended })).statusCode).toBe(400);
  });

  it.each(['', 'not.a.jwt', 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwOi8vbG9jYWxob3N0OjMwMDAifQ.'])(
    'calls %j not active',
    async (jwt) => {
      expect((await post('/api/session/introspect', { token: jwt })).json()).toEqual({ active: false });
    },
  );

  it('does not take an internal token for a session', async () => {
    const claims = {
      typ: 'gatehouse-internal+jwt',
      audience: scene.baseUrl,
      lifeSeconds: 60,
      issuer: scene.baseUrl,
      subject: 'x',
    };
    const { items } = await scene.loginState.listSessions({ kind: 'user', limit: 1 });
    const { token: jwt } = await scene.gateway.signingKeys.sign({ sid: items[0]?.id }, claims);
    expect((await post('/api/session/introspect', { token: jwt })).json()).toEqual({ active: false });
  });

  it('takes API keys with sessions:check only', async () => {
    const make = async (rights: readonly string[]) => {
      const made = await scene.app.inject({
        method: 'POST',
        url: '/api/api-keys',
        headers: asAdmin,
        payload: { name: 'k', rights },
      });
      return { authorization: `Bearer ${made.json<{ key: string }>().key}` };
    };
    const [checking, reading] = [await make(['sessions:check']), await make(['admin', 'read'])];
    expect((await post('/api/session/introspect', { token: '' }, checking)).statusCode).toBe(200);
    expect((await post('/api/session/introspect', { token: '' }, reading)).statusCode).toBe(403);
    expect((await post('/api/session/introspect', { token: '' }, {})).statusCode).toBe(401);
    expect((await post('/api/session/introspect', { token: '' }, { cookie: cookie() })).statusCode).toBe(401);
  });

  it('is not on the public address', async () => {
    for (const url of ['/api/session/introspect', '/api/session/redeem', '/metrics']) {
      const answer = await scene.app.inject({ method: 'POST', url, headers: asAdmin, payload: {} });
      expect([404, 405]).toContain(answer.statusCode);
    }
  });
});

describe('sessions for administrators', () => {
  it('are listed by user and connector, and revoked one by one or together', async () => {
    await scene.signIn(scene.browser(), { nameId: 'bob@example.com' });
    const list = async (query: string) =>
      (await scene.app.inject({ url: `/api/sessions${query}`, headers: asAdmin })).json<{
        items: { id: string; user: { id: string } }[];
      }>().items;
    expect(await list('')).toHaveLength(2);
    const [ofAlice] = await list(`?user=${scene.alice.id}`);
    expect(ofAlice?.user.id).toBe(scene.alice.id);
    expect(await list(`?connector=${scene.other.id}`)).toEqual([]);
    const remove = () => scene.app.inject({ method: 'DELETE', url: `/api/sessions/${ofAlice?.id}`, headers: asAdmin });
    expect((await remove()).statusCode).toBe(204);
    expect((await remove()).statusCode).toBe(404);
    const malformed = await scene.app.inject({ method: 'DELETE', url: '/api/sessions/nobody%00', headers: asAdmin });
    expect(malformed.json()).toMatchObject({ status: 404, code: 'session_not_found' });
    expect(await status()).toBe(401);
    const revoke = (payload: object) =>
      scene.app.inject({ method: 'POST', url: '/api/sessions/revoke', headers: asAdmin, payload });
    expect((await revoke({ connector: scene.corp.id })).json()).toEqual({ revoked: 1 });
    expect((await revoke({})).statusCode).toBe(400);
  });
});
