import { createIds } from '@gatehouse/contracts';
import { LoginStateError } from '@gatehouse/login-state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSetUpLinks } from '../../src/index.ts';
import type { Browser } from '../support/browser.ts';
import { adminKey, asAdmin, createScene, type Scene } from '../support/scene.ts';

const passphrase = 'a passphrase of some length';
const root = 'root@example.com';
let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.close());

const tokenOf = (link: string | undefined): string => new URL(link ?? 'http://none').hash.replace('#token=', '');
const linkedUp = async (): Promise<string> => {
  const { loginState, baseUrl, clock } = scene;
  return await createSetUpLinks({ loginState, baseUrl, clock, ids: createIds(clock) }).make(3_600_000);
};
const setUp = async (username = root) =>
  await scene.app.inject({
    method: 'POST',
    url: '/api/administrators/setup',
    payload: { token: tokenOf(await linkedUp()), username, passphrase },
  });
const signIn = (browser: Browser, username = root, given = passphrase) =>
  browser.send('/api/administrators/sign-in', {
    method: 'POST',
    json: { username, passphrase: given },
    headers: { accept: 'application/json' },
  });

describe('the set-up link', () => {
  it('makes the first administrator, once', async () => {
    await scene.close();
    scene = await createScene({ settings: { adminKey: undefined } });
    const link = await scene.gateway.setupLink();
    expect(link).toMatch(/^http:\/\/localhost:3000\/console\/set-up#token=[\w-]{43}$/);
    const post = (body: object) =>
      scene.app.inject({
        method: 'POST',
        url: '/api/administrators/setup',
        payload: { token: tokenOf(link), passphrase, ...body },
      });
    // A mistake does not spend the link.
    expect((await post({ username: 'no address' })).json()).toMatchObject({ errors: [{ pointer: '/username' }] });
    expect((await post({ username: root, passphrase: 'short' })).json()).toMatchObject({
      errors: [{ pointer: '/passphrase' }],
    });
    const made = await post({ username: root });
    expect(made.statusCode).toBe(201);
    expect(made.body).not.toContain('scrypt');
    expect((await post({ username: 'second@example.com' })).json()).toMatchObject({ code: 'invalid_setup_link' });
    expect(await scene.gateway.setupLink()).toBeUndefined();
  });

  it('of a first start is worth nothing once there is an administrator; one made by a reset is', async () => {
    await scene.close();
    scene = await createScene({ settings: { adminKey: undefined } });
    const stale = await scene.gateway.setupLink();
    await setUp();
    const post = (token: string, username: string) =>
      scene.app.inject({ method: 'POST', url: '/api/administrators/setup', payload: { token, username, passphrase } });
    expect((await post(tokenOf(stale), 'late@example.com')).json()).toMatchObject({ code: 'setup_already_done' });
    expect((await setUp('second@example.com')).statusCode).toBe(201);
  });

  it('is not made where there is an admin key', async () => {
    expect(await scene.gateway.setupLink()).toBeUndefined();
  });
});

describe('signing in to the console', () => {
  it('gives a strict cookie and a CSRF token, and is told of', async () => {
    await setUp();
    const browser = scene.browser();
    const answer = await signIn(browser);
    expect(answer.statusCode).toBe(200);
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^gatehouse_admin=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const me = await browser.send('/api/administrators/me');
    expect(me.json()).toEqual(answer.json());
    expect((await scene.facts()).map(({ type, sequence }) => [type, sequence])).toEqual([
      ['administrator.created', 1],
      ['administrator.signed-in', 2],
    ]);
    await browser.send('/api/administrators/sign-out', {
      method: 'POST',
      headers: { 'x-csrf-token': me.json<{ csrfToken: string }>().csrfToken },
    });
    expect((await browser.send('/api/administrators/me')).statusCode).toBe(401);
  });

  it('answers alike for a wrong passphrase and an unknown name', async () => {
    await setUp();
    const wrong = await signIn(scene.browser(), root, 'wrong passphrase');
    const unknown = await signIn(scene.browser(), 'nobody@example.com');
    expect(wrong.statusCode).toBe(401);
    expect(unknown.body).toBe(wrong.body);
  });

  it('slows guessing at one name down, also when tries come together, and locks nobody else out', async () => {
    await setUp();
    const stranger = () => scene.browser('192.0.2.1');
    const tries = await Promise.all(Array.from({ length: 8 }, () => signIn(stranger(), root, 'wrong passphrase')));
    expect(tries.filter(({ statusCode }) => statusCode === 429)).toHaveLength(3);
    expect((await signIn(stranger())).headers['retry-after']).toBe('1');
    expect((await signIn(scene.browser('192.0.2.99'))).statusCode).toBe(200);
    scene.clock.advance(1_000);
    expect((await signIn(stranger())).statusCode).toBe(200);
  });

  it('is not done by another site', async () => {
    await setUp();
    const headers = { origin: 'https://evil.example', accept: 'application/json' };
    const answer = await scene
      .browser()
      .send('/api/administrators/sign-in', { method: 'POST', json: { username: root, passphrase }, headers });
    expect(answer.json()).toMatchObject({ code: 'origin_refused' });
  });

  it('ends after half an hour without use', async () => {
    await setUp();
    const browser = scene.browser();
    await signIn(browser);
    scene.clock.advance(30 * 60_000);
    expect((await browser.send('/api/administrators/me')).statusCode).toBe(401);
  });
});

describe('every route of the administration', () => {
  const id = '00000000000000000000000000';
  const routes = [
    ['GET', '/api/connectors', 'read'],
    ['POST', '/api/connectors', 'admin'],
    ['GET', `/api/connectors/con_${id}`, 'read'],
    ['PATCH', `/api/connectors/con_${id}`, 'admin'],
    ['DELETE', `/api/connectors/con_${id}`, 'admin'],
    ['POST', `/api/connectors/con_${id}/enable`, 'admin'],
    ['POST', `/api/connectors/con_${id}/disable`, 'admin'],
    ['GET', `/api/connectors/con_${id}/usage`, 'read'],
    ['GET', '/api/users', 'read'],
    ['POST', '/api/users', 'admin'],
    ['POST', `/api/users/usr_${id}/suspend`, 'admin'],
    ['DELETE', `/api/users/usr_${id}`, 'admin'],
    ['PUT', `/api/users/usr_${id}/connectors/con_${id}`, 'admin'],
    ['DELETE', `/api/users/usr_${id}/connectors/con_${id}/subject`, 'admin'],
    ['GET', '/api/sessions', 'read'],
    ['DELETE', `/api/sessions/ses_${id}`, 'admin'],
    ['POST', '/api/sessions/revoke', 'admin'],
    ['GET', '/api/audit', 'read'],
    ['GET', '/api/settings', 'read'],
    ['POST', '/api/saml/certificate-preview', 'read'],
    ['GET', '/api/administrators', 'read'],
    ['POST', '/api/administrators', 'admin'],
    ['DELETE', `/api/administrators/adm_${id}`, 'admin'],
    ['GET', '/api/api-keys', 'admin'],
    ['POST', '/api/api-keys', 'admin'],
    ['DELETE', `/api/api-keys/key_${id}`, 'admin'],
  ] as const;

  it('opens to the callers who have its right, and to nobody else', async () => {
    await setUp();
    const administrator = scene.browser();
    const { csrfToken } = (await signIn(administrator)).json<{ csrfToken: string }>();
    const user = scene.browser();
    await scene.signIn(user);
    const keyOf = async (rights: readonly string[], expiresAt?: string) => {
      const payload = { name: rights.join(), rights, ...(expiresAt === undefined ? {} : { expiresAt }) };
      return (await scene.app.inject({ method: 'POST', url: '/api/api-keys', headers: asAdmin, payload })).json<{
        key: string;
      }>().key;
    };
    const jwt = (await user.send('/api/session/token', { method: 'POST' })).json<{ token: string }>().token;
    const internal = await scene.gateway.signingKeys.sign(
      { rights: ['admin'] },
      {
        typ: 'gatehouse-internal+jwt',
        audience: 'gatehouse-internal',
        lifeSeconds: 60,
        issuer: scene.baseUrl,
        subject: 'x',
      },
    );
    const dead = await keyOf(['admin']);
    const deadId = `key_${dead.slice(3, 29)}`;
    await scene.app.inject({ method: 'DELETE', url: `/api/api-keys/${deadId}`, headers: asAdmin });
    const expiring = await keyOf(['admin'], new Date(scene.clock.now() + 1_000).toISOString());
    const cookieOf = (browser: Browser, name: string) => `${name}=${browser.cookies.get(name)?.value}`;
    scene.clock.advance(1_000);

    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    const cookie = cookieOf(administrator, 'gatehouse_admin');
    const reading = await keyOf(['read']);
    const callers: readonly (readonly [
      string,
      Record<string, string>,
      (right: string, method: string) => number | undefined,
    ])[] = [
      ['nobody', {}, () => 401],
      ['the admin key', bearer(adminKey), () => undefined],
      ['almost the admin key', bearer(`${adminKey}x`), () => 401],
      ['an API key with admin', bearer(await keyOf(['admin'])), () => undefined],
      ['an API key with read', bearer(reading), (right) => (right === 'admin' ? 403 : undefined)],
      ['an API key with sessions:check', bearer(await keyOf(['sessions:check'])), () => 403],
      ['an API key with another secret', bearer(`${reading.slice(0, -4)}AAAA`), () => 401],
      ['a deleted API key', bearer(dead), () => 401],
      ['an expired API key', bearer(expiring), () => 401],
      ['an administrator', { cookie, 'x-csrf-token': csrfToken }, () => undefined],
      ['an administrator without the CSRF token', { cookie }, (_right, method) => (method === 'GET' ? undefined : 403)],
      [
        'an administrator with another CSRF token',
        { cookie, 'x-csrf-token': 'x' },
        (_right, method) => (method === 'GET' ? undefined : 403),
      ],
      ['a user', { cookie: cookieOf(user, 'gatehouse_session'), 'x-csrf-token': csrfToken }, () => 403],
      [
        'a user whose cookie is called otherwise',
        { cookie: `gatehouse_admin=${user.cookies.get('gatehouse_session')?.value}` },
        () => 401,
      ],
      ["a user's token", bearer(jwt), () => 401],
      ['an internal token', bearer(internal.token), () => 401],
    ];
    for (const [name, headers, refusal] of callers) {
      for (const [method, url, right] of routes) {
        // What is created or ended here must not change what the next caller meets.
        const isChange = refusal(right, method) === undefined && ['/api/sessions/revoke'].includes(url);
        if (isChange) continue;
        const answer = await scene.app.inject({ method, url, headers });
        const expected = refusal(right, method);
        const seen = `${name} ${method} ${url}: ${answer.statusCode}`;
        if (expected === undefined) expect([401, 403], seen).not.toContain(answer.statusCode);
        else expect(answer.statusCode, seen).toBe(expected);
        expect(answer.statusCode, seen).toBeLessThan(500);
      }
    }
  });
});

describe('administrators', () => {
  const make = (username: string) =>
    scene.app.inject({
      method: 'POST',
      url: '/api/administrators',
      headers: asAdmin,
      payload: { username, passphrase },
    });

  it('are made, listed and removed, but never the last one, also when two go at once', async () => {
    const first = (await make(root)).json<{ id: string }>();
    expect((await make('ROOT@example.com')).json()).toMatchObject({ code: 'administrator_taken' });
    const second = (await make('second@example.com')).json<{ id: string }>();
    const remove = (id: string) =>
      scene.app.inject({ method: 'DELETE', url: `/api/administrators/${id}`, headers: asAdmin });
    const removed = await Promise.all([remove(first.id), remove(second.id)]);
    expect(removed.filter(({ statusCode }) => statusCode === 204)).toHaveLength(1);
    const { items } = (await scene.app.inject({ url: '/api/administrators', headers: asAdmin })).json<{
      items: { id: string }[];
    }>();
    expect(items).toHaveLength(1);
    expect((await remove(items[0]?.id ?? '')).json()).toMatchObject({ code: 'last_administrator' });
    expect(JSON.stringify(items)).not.toContain('passphrase');
  });

  it('lose their sessions when they are removed', async () => {
    await make('second@example.com');
    const { id } = (await make(root)).json<{ id: string }>();
    const browser = scene.browser();
    await signIn(browser);
    await scene.app.inject({ method: 'DELETE', url: `/api/administrators/${id}`, headers: asAdmin });
    expect((await browser.send('/api/administrators/me')).statusCode).toBe(401);
    expect((await scene.loginState.listSessions({ kind: 'administrator', limit: 10 })).items).toEqual([]);
  });
});

describe('API keys', () => {
  it('are shown once and stored hashed', async () => {
    const payload = { name: 'ci', rights: ['read'] };
    const made = await scene.app.inject({ method: 'POST', url: '/api/api-keys', headers: asAdmin, payload });
    const { key } = made.json<{ key: string }>();
    expect(key).toMatch(/^gk_[0-9a-z]{26}_[\w-]{43}$/);
    const listed = await scene.app.inject({ url: '/api/api-keys', headers: asAdmin });
    expect(listed.json()).toMatchObject({ items: [payload] });
    expect(listed.body).not.toContain(key.slice(30));
    expect(JSON.stringify(await scene.facts())).not.toContain(key.slice(30));
  });

  it('do not begin expired', async () => {
    const payload = { name: 'ci', rights: ['read'], expiresAt: new Date(scene.clock.now()).toISOString() };
    const answer = await scene.app.inject({ method: 'POST', url: '/api/api-keys', headers: asAdmin, payload });
    expect(answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/expiresAt' }] });
  });

  it('do not live for ever by an expiry that is no instant', async () => {
    const payload = { name: 'ci', rights: ['admin'], expiresAt: '2016-12-31T23:59:60Z' };
    const answer = await scene.app.inject({ method: 'POST', url: '/api/api-keys', headers: asAdmin, payload });
    expect(answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/expiresAt' }] });
  });
});

describe('forwarding', () => {
  it("goes in the caller's name, with his rights and nothing else of his", async () => {
    const headers = {
      ...asAdmin,
      'if-match': '"1"',
      cookie: 'gatehouse_admin=x',
      'x-forwarded-for': '1.2.3.4',
      'content-type': 'application/json',
    };
    const answer = await scene.app.inject({ method: 'POST', url: '/api/connectors?x=1', headers, payload: '{"a":1}' });
    const sent = scene.owners.calls.at(-1);
    expect(sent?.path).toBe('/api/connectors?x=1');
    expect(Object.keys(sent?.headers ?? {}).sort()).toEqual([
      'accept',
      'authorization',
      'content-type',
      'if-match',
      'traceparent',
    ]);
    expect(sent?.headers.authorization).not.toContain(adminKey);
    expect(String(sent?.body)).toBe('{"a":1}');
    const claims = await scene.gateway.verifyInternalToken(sent?.headers.authorization?.slice(7) ?? '');
    expect(claims).toMatchObject({ sub: 'api-key/GATEHOUSE_ADMIN_KEY', aud: 'gatehouse-internal' });
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(60);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.headers['x-owner-secret']).toBeUndefined();
  });

  it.each([
    '/api/users/../internal/users/usr_0/connectors/con_0/bind',
    '/api/users/%2e%2e/%2e%2e/internal/users/usr_0/connectors/con_0/bind',
    '/api/users/..%2finternal',
    '/api/connectors//x',
    '/api/connectors/a;b',
  ])('never reaches beyond its own addresses: %s', async (url) => {
    const before = scene.owners.calls.length;
    const answer = await scene.app.inject({ method: 'POST', url, headers: asAdmin });
    expect([400, 404, 405]).toContain(answer.statusCode);
    expect(scene.owners.calls).toHaveLength(before);
  });

  it('says that a change is pending when the view does not follow, and nothing when it does', async () => {
    const reactivate = () =>
      scene.app.inject({ method: 'POST', url: `/api/users/${scene.alice.id}/reactivate`, headers: asAdmin });
    const suspend = () =>
      scene.app.inject({ method: 'POST', url: `/api/users/${scene.alice.id}/suspend`, headers: asAdmin });
    expect((await suspend()).headers['gatehouse-applied']).toBeUndefined();
    scene.owners.hold();
    const late = await reactivate();
    expect([late.statusCode, late.headers['gatehouse-applied']]).toEqual([200, 'pending']);
  });

  it('does not say 2xx of a denial that could not be marked', async () => {
    await scene.close();
    scene = await createScene({
      loginState: (real) => ({
        ...real,
        putDenyMarks: async () => {
          throw new LoginStateError('state_unavailable', 'down');
        },
      }),
    });
    const answer = await scene.app.inject({
      method: 'POST',
      url: `/api/users/${scene.alice.id}/suspend`,
      headers: asAdmin,
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'storage_unavailable' });
  });

  it('tells an owner that is down from one that refuses', async () => {
    scene.owners.directoryDown(true);
    const down = await scene.app.inject({ url: '/api/users', headers: asAdmin });
    expect(down.statusCode).toBe(503);
    const unknown = await scene.app.inject({ url: '/api/connectors/con_00000000000000000000000000', headers: asAdmin });
    expect(unknown.json()).toMatchObject({ code: 'connector_not_found' });
  });
});

describe('what the console asks', () => {
  it('is who we are, and what a connector is used for', async () => {
    const settings = await scene.app.inject({ url: '/api/settings', headers: asAdmin });
    expect(settings.json()).toEqual({
      appName: 'INO cx',
      baseUrl: scene.baseUrl,
      entityId: `${scene.baseUrl}/api/saml/metadata`,
      replyUrl: `${scene.baseUrl}/api/sso/login/callback`,
      version: '0.0.0-test',
    });
    await scene.signIn(scene.browser());
    const usage = await scene.app.inject({ url: `/api/connectors/${scene.corp.id}/usage`, headers: asAdmin });
    expect(usage.json()).toEqual({ users: 2, sessions: 1 });
  });

  it('is what is in a certificate', async () => {
    const preview = (certificate: string) =>
      scene.app.inject({
        method: 'POST',
        url: '/api/saml/certificate-preview',
        headers: asAdmin,
        payload: { certificate },
      });
    const [pem = ''] = scene.corp.saml.certificates;
    expect((await preview(pem)).json()).toMatchObject({ items: [{ subject: expect.stringContaining('idp.example') }] });
    expect((await preview('nothing')).json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/certificate' }],
    });
  });
});
