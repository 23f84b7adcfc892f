import {
  mustSkipServerTests,
  postAnswer,
  type RunningDistributed,
  type RunningStandalone,
  startDistributed,
  startLogin,
  startStandalone,
} from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigner, type Signer, sessionStatus } from './support/signer.ts';

type Product = Pick<RunningStandalone, 'baseUrl' | 'port' | 'internalPort' | 'administer' | 'stop'>;

const products = [
  {
    name: 'embedded',
    servers: [],
    start: async () => await startStandalone(),
    gatewaysOf: (product: Product) => [product],
  },
  {
    name: 'distributed',
    servers: ['kafka', 'mongo', 'redis'],
    start: async () => await startDistributed(),
    // Any of them may get any request of one login.
    gatewaysOf: (product: Product) => (product as RunningDistributed).gateways,
  },
] as const;

for (const { name, servers, start, gatewaysOf } of products) {
  describe.skipIf(servers.length > 0 && (await mustSkipServerTests([...servers])))(`signing in, ${name}`, () => {
    let product: Product;
    let signer: Signer;
    let ports: readonly [number, number];

    beforeAll(async () => {
      product = await start();
      signer = await createSigner(product, 'corp');
      const [one, another] = gatewaysOf(product);
      ports = [one?.port ?? 0, another?.port ?? one?.port ?? 0];
    }, 120_000);
    afterAll(async () => {
      await product?.stop();
    });

    const origin = (at: 0 | 1): string => `http://127.0.0.1:${ports[at]}`;
    const at = (place: 0 | 1): Product => ({ ...product, port: ports[place] });
    /** What an administrator made a moment ago by the one gateway is known to the other one a moment later. */
    const eventually = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      const results: Result[] = [];
      await expect.poll(async () => results.push(await work()), { timeout: 10_000 }).toBeGreaterThan(0);
      return results.at(-1) as Result;
    };
    const signIn = async (): Promise<string> => {
      const started = await startLogin(origin(0), 'corp');
      const answer = await postAnswer(origin(1), started, signer.respond(product, started));
      if (answer.session === undefined) throw new Error(`${answer.status} ${answer.text.slice(0, 300)}`);
      return answer.session;
    };

    it('starts at one gateway, ends at another, and counts at both', async () => {
      const session = await eventually(signIn);
      expect(await sessionStatus(at(0), session)).toBe(200);
      expect(await sessionStatus(at(1), session)).toBe(200);
    });

    it('lets nobody use an answer twice, wherever he tries', async () => {
      const started = await startLogin(origin(0), 'corp');
      const response = signer.respond(product, started);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, turn) => postAnswer(origin(turn % 2 === 0 ? 0 : 1), started, response)),
      );
      expect(answers.filter(({ session }) => session !== undefined)).toHaveLength(1);
    });

    it('puts a suspended user out everywhere at the moment of the answer', async () => {
      const session = await signIn();
      const suspended = await product.administer('POST', `/api/users/${signer.userId}/suspend`);
      expect(suspended.status).toBe(200);
      const started = await startLogin(origin(1), 'corp');
      const again = postAnswer(origin(1), started, signer.respond(product, started));
      expect(await Promise.all([sessionStatus(at(0), session), sessionStatus(at(1), session)])).toEqual([401, 401]);
      expect((await again).session).toBeUndefined();
      expect((await product.administer('POST', `/api/users/${signer.userId}/reactivate`)).status).toBe(200);
      await eventually(signIn);
    });

    it('tells the audit who signed in, and the directory when', async () => {
      const session = await signIn();
      expect(session).not.toBe('');
      await expect
        .poll(async () => {
          const { body } = await product.administer('GET', `/api/audit?type=login.succeeded&subject=${signer.userId}`);
          return body.items.length;
        })
        .toBeGreaterThan(0);
      await expect
        .poll(async () => {
          const { body } = await product.administer('GET', `/api/users/${signer.userId}/connectors`);
          return body.items[0]?.lastLoginAt;
        })
        .toEqual(expect.any(String));
    });

    it('signs session tokens that the published keys of every gateway verify', async () => {
      const sets = await Promise.all(
        ([0, 1] as const).map(async (place) => await (await fetch(`${origin(place)}/.well-known/jwks.json`)).json()),
      );
      expect(sets[0]).toEqual(sets[1]);
      expect(sets[0].keys.length).toBeGreaterThan(1);
    });
  });
}
