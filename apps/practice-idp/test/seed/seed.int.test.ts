import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, postAnswer, type RunningStandalone, startStandalone, testAdminKey } from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedPractice } from '../../src/seed/seed.ts';
import { type RunningPracticeIdp, startPracticeIdp } from '../../src/start.ts';

let folder: string;
let port: number;
let product: RunningStandalone;
let idp: RunningPracticeIdp;

/** The identity provider at the same address each time; a new name is a new key. */
const startIdp = (name: string): Promise<RunningPracticeIdp> =>
  startPracticeIdp({ host: '127.0.0.1', port, dataDir: join(folder, name), allowedOrigins: [] });

const settings = () => ({
  metadataUrl: idp.addresses.entityId,
  gatewayUrl: `http://127.0.0.1:${product.port}`,
  apiKey: testAdminKey,
});

const hidden = (page: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? `no ${name} on the page`;

/** Goes through the login as a browser would; resolves with the status of the last answer and whether a session came of it. */
const signIn = async (loginAddress: string, email: string): Promise<{ status: number; hasSession: boolean }> => {
  const start = await fetch(loginAddress, { redirect: 'manual' });
  const cookie = start.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
  const page = await (await fetch(start.headers.get('location') ?? '')).text();
  const request = { SAMLRequest: hidden(page, 'SAMLRequest'), RelayState: hidden(page, 'RelayState') };
  const answer = await fetch(`${idp.url}/saml/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ ...request, email }),
  });
  const posting = await answer.text();
  const login = { cookie: cookie.join('; '), relayState: hidden(posting, 'RelayState'), requestId: '' };
  const { status, session } = await postAnswer(product.baseUrl, login, hidden(posting, 'SAMLResponse'));
  return { status, hasSession: session !== undefined };
};

const connectors = async (): Promise<{ version: number }[]> =>
  (await product.administer('GET', '/api/connectors')).body.items;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'practice-seed-'));
  port = await freePort();
  product = await startStandalone();
  idp = await startIdp('first key');
});
afterAll(async () => {
  await idp?.close();
  await product?.stop();
  await rm(folder, { recursive: true });
});

describe('seeding a running product', () => {
  it('makes logins that work', async () => {
    const seeded = await seedPractice(settings());
    expect(seeded.loginAddress).toBe(`${product.baseUrl}/api/sso/login/practice`);
    for (const username of seeded.usernames) {
      expect(await signIn(seeded.loginAddress, username)).toEqual({ status: 303, hasSession: true });
    }
    expect(await signIn(seeded.loginAddress, 'mallory@example.com')).toMatchObject({ hasSession: false });
  });

  it('changes nothing when it is repeated', async () => {
    const before = await connectors();
    await seedPractice(settings());
    expect(await connectors()).toEqual(before);
  });

  it('lets the connector follow an identity provider that has lost its key', async () => {
    const [before] = await connectors();
    await idp.close();
    idp = await startIdp('second key');
    const { loginAddress } = await seedPractice(settings());
    expect(await connectors()).toMatchObject([{ version: (before?.version ?? 0) + 1 }]);
    expect(await signIn(loginAddress, 'alice@example.com')).toMatchObject({ hasSession: true });
  });

  it('says what the product refuses', async () => {
    const refused = seedPractice({ ...settings(), apiKey: 'not a key of this product' });
    await expect(refused).rejects.toMatchObject({ code: 'seed_refused', message: expect.stringContaining('401') });
  });

  it('gives up when nobody answers in time', async () => {
    const gatewayUrl = `http://127.0.0.1:${await freePort()}`;
    const unanswered = seedPractice({ ...settings(), gatewayUrl }, { patienceMs: 200, pauseMs: 50 });
    await expect(unanswered).rejects.toMatchObject({ code: 'seed_out_of_reach' });
  });
});
