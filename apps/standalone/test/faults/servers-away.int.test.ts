import { setTimeout as delay } from 'node:timers/promises';
import {
  mustSkipServerTests,
  type OwnKafka,
  type OwnMongo,
  type OwnRedis,
  type RunningDistributed,
  type RunningService,
  startDistributed,
  startOwnKafka,
  startOwnMongo,
  startOwnRedis,
} from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigner, type Signer, sessionStatus } from '../support/signer.ts';

// One story: servers go one by one, and come back.
describe.skipIf(await mustSkipServerTests(['kafka', 'mongo', 'redis'], 'own'))('while servers are away', () => {
  let kafka: OwnKafka;
  let mongo: OwnMongo;
  let redis: OwnRedis;
  let product: RunningDistributed;
  let signer: Signer;
  let gateway: RunningService;

  beforeAll(async () => {
    [kafka, mongo, redis] = await Promise.all([startOwnKafka({}), startOwnMongo({}), startOwnRedis({})]);
    const servers = { brokers: kafka.brokers, mongodbUri: mongo.uri, redisUrl: redis.url };
    product = await startDistributed({ servers, copies: { 'auth-gateway': 1 } });
    const [first] = product.gateways;
    if (first === undefined) throw new Error('there is no gateway');
    gateway = first;
    signer = await createSigner(product, 'corp');
    // First use binds the subject, for which the directory is needed.
    await signer.signIn(product);
    await delay(500);
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
    await Promise.all([kafka, mongo, redis].map((server) => server?.stop()));
  }, 60_000);

  const ready = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;

  it('signs people in without Kafka, MongoDB, registry and directory', async () => {
    await Promise.all(
      product.services.filter(({ service }) => service !== 'auth-gateway').map(({ process }) => process.kill()),
    );
    await Promise.all([kafka.kill(), mongo.kill()]);
    expect(await sessionStatus(product, await signer.signIn(product))).toBe(200);
    const refused = await product.administer('GET', '/api/users');
    expect(refused).toMatchObject({ status: 503, body: { code: 'upstream_unavailable' } });
  });

  it('does so also after the gateway was ended and started meanwhile', async () => {
    await gateway.process.kill();
    await gateway.start();
    expect(await sessionStatus(product, await signer.signIn(product))).toBe(200);
    expect(await ready()).toBe(200);
    expect(gateway.process.output()).not.toMatch(/^\s+at /m);
  }, 60_000);

  it('answers 503 with Retry-After without Redis, and goes on when it is back', async () => {
    await redis.kill();
    const answer = await fetch(`${gateway.url}/api/sso/login/corp`, {
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    await redis.restart();
    await expect
      .poll(
        () =>
          signer.signIn(product).then(
            () => true,
            () => false,
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
  }, 60_000);

  it('takes everything up again when all are back, without a restart', async () => {
    await Promise.all([kafka.restart(), mongo.restart()]);
    await Promise.all(
      product.services.filter(({ service }) => service !== 'auth-gateway').map((service) => service.start()),
    );
    await expect
      .poll(async () => (await product.administer('POST', `/api/users/${signer.userId}/suspend`)).status, {
        timeout: 40_000,
      })
      .toBe(200);
    await expect(signer.signIn(product)).rejects.toThrow();
    expect((await product.administer('POST', `/api/users/${signer.userId}/reactivate`)).status).toBe(200);
    await expect
      .poll(
        () =>
          signer.signIn(product).then(
            () => true,
            () => false,
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
    // What was sent while nobody listened was kept.
    await expect
      .poll(
        async () => {
          const { body } = await product.administer(
            'GET',
            `/api/audit?type=login.succeeded&subject=${signer.userId}&limit=200`,
          );
          return body.items.length;
        },
        { timeout: 30_000 },
      )
      .toBe(5);
    expect(await product.command('events', 'verify')).toContain('In order and complete.');
  }, 120_000);
});
