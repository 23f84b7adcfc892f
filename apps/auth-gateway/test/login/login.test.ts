import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScene, identity, otherIdentity, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.close());

const succeeded = async () => (await scene.facts()).filter(({ type }) => type === 'login.succeeded');
const failures = async () =>
  (await scene.facts()).flatMap((fact) =>
    fact.type === 'login.failed' ? [{ ...fact.data, sequence: fact.sequence }] : [],
  );

describe('starting a login', () => {
  it('sends the browser to the identity provider with an opaque RelayState of at most 80 bytes', async () => {
    const login = await scene.browser().start('corp', '?return_to=/secret-path');
    expect(login.redirectUrl.startsWith('https://idp.example/sso?')).toBe(true);
    expect(login.relayState.length).toBeLessThanOrEqual(80);
    expect(login.redirectUrl).not.toContain('secret-path');
  });

  it('finds a reference without regard to case', async () => {
    await expect(scene.browser().start('CORP')).resolves.toBeDefined();
  });

  it('takes the address with a slash at its end', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp', '/?return_to=/app');
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/app']);
    expect((await browser.send('/api/sso/login/nobody/')).statusCode).toBe(404);
  });

  it('answers unknown, disabled and deleted references with the same bytes', async () => {
    const unknown = await scene.browser().send('/api/sso/login/nobody');
    await scene.owners.changeConnector(scene.corp.id, (connector) => ({ ...connector, enabled: false }));
    await scene.owners.deleteConnector(scene.other.id);
    await scene.settled();
    const disabled = await scene.browser().send('/api/sso/login/Corp');
    const deleted = await scene.browser().send('/api/sso/login/other');
    expect(unknown.statusCode).toBe(404);
    for (const answer of [disabled, deleted]) {
      expect(answer.statusCode).toBe(404);
      expect(answer.body).toBe(unknown.body);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/a/../..//evil.example',
    'https://evil.example/',
    'https://app.example.evil.example/',
    'https://user@app.example/',
    'javascript:alert(1)',
    '/\tpath',
    'relative',
    '',
  ])('refuses to return to %j', async (returnTo) => {
    const answer = await scene.browser().send(`/api/sso/login/corp?return_to=${encodeURIComponent(returnTo)}`);
    expect(answer.statusCode).toBe(400);
  });

  it('keeps one binding cookie per browser, however many tabs begin a login', async () => {
    const browser = scene.browser();
    await browser.start('corp');
    const first = browser.cookies.get('gatehouse_browser')?.value;
    await browser.start('other');
    expect(browser.cookies.get('gatehouse_browser')?.value).toBe(first);
    expect([...browser.cookies.keys()]).toEqual(['gatehouse_browser']);
  });

  it('replaces a binding cookie that is not of its own making', async () => {
    const answer = await scene
      .browser()
      .send('/api/sso/login/corp', { headers: { cookie: 'gatehouse_browser=chosen-by-somebody' } });
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^gatehouse_browser=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
  });
});

describe('the callback', () => {
  it('ends in a session, and says so in facts', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/');
    const session = await browser.send('/api/session');
    expect(session.json()).toMatchObject({
      user: { id: scene.alice.id, username: 'alice@example.com' },
      connector: { reference: 'Corp' },
    });
    const facts = await scene.facts();
    expect(facts.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['login.succeeded', 1],
      ['session.started', 1],
    ]);
    expect(facts[0]?.actor).toBe(`user/${scene.alice.id}`);
  });

  it('goes on by a top-level GET when the cookie did not come with the post', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const posted = await browser.send('/api/sso/login/callback', {
      method: 'POST',
      crossSite: true,
      form: { SAMLResponse: scene.response(login), RelayState: login.relayState },
    });
    expect(posted.statusCode).toBe(303);
    expect(posted.headers.location).toMatch(/^\/api\/sso\/login\/callback\/continue\?answer=[\w-]{43}$/);
    expect(posted.headers['set-cookie']).toBeUndefined();
    const answer = await browser.send(String(posted.headers.location), { crossSite: true });
    expect(answer.headers.location).toBe('/');
  });

  it('ends at once when the cookie came with the post', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const form = { SAMLResponse: scene.response(login), RelayState: login.relayState };
    const answer = await browser.send('/api/sso/login/callback', { method: 'POST', form });
    expect(answer.headers.location).toBe('/');
  });

  it('refuses a browser that brings no cookie even then, and leaves no fact of it', async () => {
    const login = await scene.browser().start('corp');
    const stranger = scene.browser();
    const answer = await stranger.answer(scene.response(login), login.relayState);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toMatch(/SSO-[2-9A-HJKMNP-TV-Z]{8}/);
    expect(await scene.metric('gatehouse_login_refusals_total')).toContain('code="browser_unbound",recorded="false"');
    expect(await failures()).toEqual([]);
  });

  it('refuses an answer that is pushed into another browser (login CSRF)', async () => {
    const attacker = scene.browser();
    const login = await attacker.start('corp');
    const victim = scene.browser();
    await victim.start('corp');
    const answer = await victim.answer(scene.response(login), login.relayState);
    expect(answer.statusCode).toBe(403);
    expect(victim.cookies.has('gatehouse_session')).toBe(false);
    expect(await scene.metric('gatehouse_login_refusals_total')).toContain('code="browser_mismatch",recorded="false"');
    expect(await failures()).toEqual([]);
    // What came through the victim's browser has not spoilt the attempt.
    expect((await attacker.answer(scene.response(login), login.relayState)).headers.location).toBe('/');
  });

  it('leaves the attempt usable after a refusal, and counts refusals in the sequence of facts', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    for (const flaw of ['wrong-audience', 'unsigned'] as const) {
      const refused = await browser.answer(scene.response(login, { flaw }), login.relayState);
      expect(refused.statusCode).toBe(403);
    }
    expect((await browser.answer(scene.response(login), login.relayState)).headers.location).toBe('/');
    expect((await failures()).map(({ code, sequence }) => [code, sequence])).toEqual([
      ['saml_audience_mismatch', 1],
      ['saml_signature_missing', 2],
    ]);
    expect((await succeeded()).map(({ sequence }) => sequence)).toEqual([3]);
  });

  it('shows the reference that is in the fact, and nothing of the reason', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const refused = await browser.answer(scene.response(login, { nameId: 'nobody@example.com' }), login.relayState);
    const [failure] = await failures();
    expect(failure?.code).toBe('user_unknown');
    expect(refused.body).toContain(failure?.reference);
    expect(refused.body).not.toContain('nobody@example.com');
    expect(refused.body).not.toContain('unknown');
  });

  it('starts one session from 100 posts of one response', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const form = { SAMLResponse: scene.response(login), RelayState: login.relayState };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => browser.send('/api/sso/login/callback', { method: 'POST', form })),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 303)).toHaveLength(1);
    expect(answers.filter(({ statusCode }) => statusCode >= 500 && statusCode !== 503)).toHaveLength(0);
    const { items } = await scene.loginState.listSessions({ kind: 'user', limit: 200 });
    expect(items).toHaveLength(1);
    expect(await succeeded()).toHaveLength(1);
  });

  it('refuses a second use of the attempt', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const response = scene.response(login);
    await browser.answer(response, login.relayState);
    const again = await browser.answer(response, login.relayState);
    expect(again.statusCode).toBe(403);
    expect(await scene.metric('gatehouse_login_refusals_total')).toContain('code="attempt_used"');
  });

  it('refuses an assertion that was used before, also in a new attempt that it answers', async () => {
    const browser = scene.browser();
    const first = await browser.start('corp');
    const assertion = { id: '_the-same-assertion' };
    await browser.answer(scene.response(first, { assertion }), first.relayState);
    const second = await browser.start('corp');
    const replayed = await browser.answer(scene.response(second, { assertion }), second.relayState);
    expect(replayed.statusCode).toBe(403);
    expect((await failures()).map(({ code }) => code)).toEqual(['assertion_replayed']);
    expect((await browser.answer(scene.response(second), second.relayState)).headers.location).toBe('/');
  });

  it("refuses one attempt's response at another attempt", async () => {
    const browser = scene.browser();
    const [first, second] = [await browser.start('corp'), await browser.start('corp')];
    const answer = await browser.answer(scene.response(first), second.relayState);
    expect(answer.statusCode).toBe(403);
    expect((await failures()).map(({ code }) => code)).toEqual(['saml_in_response_to_mismatch']);
  });

  it("refuses another identity provider's response, also when it names this one and both share a key", async () => {
    const browser = scene.browser();
    const login = await browser.start('other');
    const foreign = await browser.answer(scene.response(login, { nameId: 'bob@example.com' }), login.relayState);
    const sharedKey = { key: otherIdentity.key, certificate: otherIdentity.certificate };
    const borrowed = await browser.answer(
      scene.response(login, { ...sharedKey, issuer: identity.issuer, nameId: 'bob@example.com' }),
      login.relayState,
    );
    expect([foreign.statusCode, borrowed.statusCode]).toEqual([403, 403]);
    const good = scene.response(login, { ...otherIdentity, nameId: 'bob@example.com' });
    expect((await browser.answer(good, login.relayState)).headers.location).toBe('/');
  });

  it.each(['disabled', 'deleted'] as const)(
    'refuses when the connector was %s while the person was away',
    async (how) => {
      const browser = scene.browser();
      const login = await browser.start('corp');
      if (how === 'deleted') await scene.owners.deleteConnector(scene.corp.id);
      else await scene.owners.changeConnector(scene.corp.id, (connector) => ({ ...connector, enabled: false }));
      await scene.settled();
      const answer = await browser.answer(scene.response(login), login.relayState);
      expect(answer.statusCode).toBe(403);
      expect((await failures()).map(({ code }) => code)).toEqual(['connector_unavailable']);
    },
  );

  it('verifies with the connector of now, not with that of the start', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    await scene.owners.changeConnector(scene.corp.id, (connector) => ({
      ...connector,
      saml: { ...connector.saml, certificates: [otherIdentity.certificate] },
    }));
    await scene.settled();
    const old = await browser.answer(scene.response(login), login.relayState);
    expect(old.statusCode).toBe(403);
    const current = scene.response(login, { key: otherIdentity.key, certificate: otherIdentity.certificate });
    expect((await browser.answer(current, login.relayState)).headers.location).toBe('/');
  });

  it('refuses an attempt that is too old', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    scene.clock.advance(10 * 60_000);
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect(answer.statusCode).toBe(403);
    expect(await scene.metric('gatehouse_login_refusals_total')).toContain('code="attempt_unknown"');
  });

  it('has a code of its own for what an identity provider starts by itself', async () => {
    const unsolicited = scene.response({ requestId: '' }, { flaw: 'unsolicited' });
    const answer = await scene.browser().answer(unsolicited, undefined);
    expect(answer.statusCode).toBe(403);
    expect(await scene.metric('gatehouse_login_refusals_total')).toContain('code="saml_unsolicited"');
  });

  it('keeps at most three answers beside an attempt', async () => {
    const login = await scene.browser().start('corp');
    const form = { SAMLResponse: scene.response(login), RelayState: login.relayState };
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      statuses.push(
        (await scene.browser().send('/api/sso/login/callback', { method: 'POST', crossSite: true, form })).statusCode,
      );
    }
    expect(statuses).toEqual([...Array<number>(3).fill(303), 403]);
  });

  it('refuses a form whose fields come twice', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const field = `SAMLResponse=${encodeURIComponent(scene.response(login))}`;
    const answer = await scene.app.inject({
      method: 'POST',
      url: '/api/sso/login/callback',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `${field}&${field}&RelayState=${login.relayState}`,
    });
    expect(answer.statusCode).toBe(400);
  });

  it('takes nothing but forms, and none beyond its limit', async () => {
    const url = '/api/sso/login/callback';
    const json = await scene.app.inject({ method: 'POST', url, payload: {} });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const huge = await scene.app.inject({
      method: 'POST',
      url,
      headers,
      payload: `SAMLResponse=${'A'.repeat(500_000)}`,
    });
    expect([json.statusCode, huge.statusCode]).toEqual([415, 413]);
  });

  it('answers with a problem when JSON is asked for', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp');
    const answer = await browser.answer(scene.response(login, { flaw: 'unsigned' }), login.relayState, {
      headers: { accept: 'application/json' },
    });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const [failure] = await failures();
    expect(answer.json()).toMatchObject({ code: 'login_refused', reference: failure?.reference });
    expect(answer.body).not.toContain('saml_');
  });
});

describe('the session of a login', () => {
  it('has a token that was not in the browser before (session fixation)', async () => {
    const browser = scene.browser();
    const planted = 'a'.repeat(43);
    browser.cookies.set('gatehouse_session', { value: planted, sameSite: 'Lax' });
    await scene.signIn(browser);
    expect(browser.cookies.get('gatehouse_session')?.value).not.toBe(planted);
    const asPlanted = await scene.app.inject({
      url: '/api/session',
      headers: { cookie: `gatehouse_session=${planted}` },
    });
    expect(asPlanted.statusCode).toBe(401);
  });

  it('replaces the session that the browser had', async () => {
    const browser = scene.browser();
    await scene.signIn(browser);
    const old = browser.cookies.get('gatehouse_session')?.value;
    await scene.signIn(browser);
    const answer = await scene.app.inject({ url: '/api/session', headers: { cookie: `gatehouse_session=${old}` } });
    expect(answer.statusCode).toBe(401);
    const revoked = (await scene.facts()).filter(({ type }) => type === 'session.revoked');
    expect(revoked.map(({ data }) => data)).toMatchObject([{ reason: 'replaced' }]);
  });

  it("ends with the identity provider's", async () => {
    const browser = scene.browser();
    const end = new Date(scene.clock.now() + 3_600_000);
    await scene.signIn(browser, { authnStatement: { sessionNotOnOrAfter: end.toISOString() } });
    expect((await browser.send('/api/session')).json()).toMatchObject({ expiresAt: end.toISOString() });
    scene.clock.advance(3_600_000);
    expect((await browser.send('/api/session')).statusCode).toBe(401);
  });

  it('is reached by the return path that was asked for', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp', `?return_to=${encodeURIComponent('/reports?of=today#top')}`);
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect(answer.headers.location).toBe('/reports?of=today#top');
  });

  it('is told by a code to an application on another allowed origin', async () => {
    const browser = scene.browser();
    const login = await browser.start('corp', `?return_to=${encodeURIComponent('https://app.example/in?x=1')}`);
    const answer = await browser.answer(scene.response(login), login.relayState);
    expect(answer.headers.location).toMatch(/^https:\/\/app\.example\/in\?x=1&code=[\w-]{43}$/);
  });
});

describe('on https', () => {
  it('binds browsers by a cookie that comes with the cross-site post, and replaces the session of the start', async () => {
    await scene.close();
    scene = await createScene({ settings: { baseUrl: 'https://sso.example' } });
    const browser = scene.browser();
    const visit = { headers: { origin: 'https://idp.example' } };
    const login = await browser.start('corp');
    expect(browser.cookies.get('__Host-gatehouse_browser')?.sameSite).toBe('None');
    const direct = await browser.send('/api/sso/login/callback', {
      method: 'POST',
      crossSite: true,
      form: { SAMLResponse: scene.response(login), RelayState: login.relayState },
      ...visit,
    });
    expect(direct.headers.location).toBe('/');
    expect(String(direct.headers['set-cookie'])).toMatch(
      /^__Host-gatehouse_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    await scene.signIn(browser);
    const revoked = (await scene.facts()).filter(({ type }) => type === 'session.revoked');
    expect(revoked.map(({ data }) => data)).toMatchObject([{ reason: 'replaced' }]);
  });
});
