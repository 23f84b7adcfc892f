import { type FlawName, flawNames, flaws } from '@gatehouse/practice-idp';
import {
  type PostedAnswer,
  postAnswer,
  type RunningStandalone,
  startLogin,
  startStandalone,
} from '@gatehouse/test-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSigner, originOf, type Signer, sessionStatus } from './support/signer.ts';

let product: RunningStandalone;
let signer: Signer;

beforeAll(async () => {
  product = await startStandalone();
  signer = await createSigner(product, 'attacked');
  await createVictim();
});
afterAll(() => product?.stop());

// The positive control: whatever was tried, an honest login works.
afterEach(async () => {
  expect(await sessionStatus(product, await signer.signIn(product))).toBe(200);
});

/** Whom forged parts name: a user with a link, whom nobody but himself may become. */
const createVictim = async (): Promise<void> => {
  const { body } = await product.administer('POST', '/api/users', { username: 'bob@example.com' });
  await product.administer('PUT', `/api/users/${body.id}/connectors/${signer.connectorId}`);
};

const begin = () => startLogin(originOf(product), 'attacked');
const post = (login: Parameters<typeof postAnswer>[1], response: string): Promise<PostedAnswer> =>
  postAnswer(originOf(product), login, response);

const expectRefusal = (answer: PostedAnswer): void => {
  expect(answer.session).toBeUndefined();
  expect(answer.status).toBe(403);
  expect(answer.text).toMatch(/SSO-[0-9A-Z]{8}/);
};

// The whole corpus goes through the gateway's own tests; these are one of each class, over real HTTP.
const classes: readonly FlawName[] = [
  'unsigned',
  'tampered',
  'foreign-key-with-known-certificate',
  'hmac-sha256-signature',
  'comment-in-digest-value',
  'two-signed-infos-forged-first',
  'void-canonicalisation',
  'external-entity',
  'wrong-audience',
  'wrong-destination',
  'two-assertions',
  ...flawNames.filter((name) => flaws[name].kind === 'wrapping'),
];

describe('over real HTTP', () => {
  it.each(classes)('%s is refused, and the attempt is not used up by it', async (flaw) => {
    const started = await begin();
    expectRefusal(await post(started, signer.respond(product, started, { flaw })));
    const good = await post(started, signer.respond(product, started));
    expect(good.session).toBeDefined();
  });

  it('an answer counts once, of a hundred at the same time too', async () => {
    const started = await begin();
    const response = signer.respond(product, started);
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(started, response)));
    expect(answers.filter(({ session }) => session !== undefined)).toHaveLength(1);
    expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([303, 403]);
    expectRefusal(await post(started, response));
  });

  it('an answer to one request does not end another', async () => {
    const [first, second] = [await begin(), await begin()];
    expectRefusal(await post(second, signer.respond(product, first)));
  });

  it('an answer counts in the browser that asked, and in no other', async () => {
    const [own, other] = [await begin(), await begin()];
    expectRefusal(await post({ ...own, cookie: other.cookie }, signer.respond(product, own)));
    expect((await post(own, signer.respond(product, own))).session).toBeDefined();
  });

  it('an answer that nobody asked for is refused', async () => {
    const started = await begin();
    expectRefusal(await post({ ...started, relayState: '' }, signer.respond(product, started)));
    expectRefusal(await post({ ...started, relayState: 'https://evil.example' }, signer.respond(product, started)));
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'http://localhost.evil.example/',
  ])('a login does not return to %s', async (address) => {
    const login = await fetch(`${originOf(product)}/api/sso/login/attacked?return_to=${encodeURIComponent(address)}`, {
      redirect: 'manual',
    });
    expect(login.status).toBe(400);
  });

  it('a made-up session is none', async () => {
    for (const value of ['x', 'A'.repeat(43), '', '%00']) {
      expect(await sessionStatus(product, `gatehouse_session=${value}`)).toBe(401);
    }
  });

  it('a user’s session and token administer nothing', async () => {
    const cookie = await signer.signIn(product);
    const headers = { cookie, origin: product.baseUrl };
    const token = await fetch(`${originOf(product)}/api/session/token`, { method: 'POST', headers });
    const bearer = { authorization: `Bearer ${(await token.json()).token}` };
    for (const path of [
      '/api/connectors',
      '/api/users',
      '/api/audit',
      '/api/sessions',
      '/api/api-keys',
      '/api/administrators',
    ]) {
      const byCookie = await fetch(originOf(product) + path, { headers });
      const byToken = await fetch(originOf(product) + path, { headers: bearer });
      expect([path, byCookie.status, byToken.status]).toEqual([path, 403, 401]);
    }
  });

  it('what internal services call is not on the public port', async () => {
    for (const [method, path] of [
      ['POST', '/api/session/introspect'],
      ['POST', '/api/session/redeem'],
      ['GET', '/metrics'],
    ] as const) {
      const { status } = await fetch(originOf(product) + path, { method });
      expect([path, status]).toEqual([path, 404]);
    }
  });
});
