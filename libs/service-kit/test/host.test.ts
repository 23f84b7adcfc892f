import type { AddressInfo } from 'node:net';
import { type AggregateStore, AggregateStoreError } from '@gatehouse/aggregate-store';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { connectorStateTopic, createIds } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { type Consumer, EventLogError, encodeConnectorState } from '@gatehouse/event-log';
import { type SqliteEventLog, sqliteEventLog } from '@gatehouse/event-log/sqlite';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost, createMetrics, type Host, type Metrics, type ServiceModule } from '../src/index.ts';
import { capturedLog } from './support/captured-log.ts';

describe('createHost', () => {
  const clock = createTestClock();
  const ids = createIds(clock);
  let log: SqliteEventLog;
  let stores: ReturnType<typeof sqliteStoreHost>;
  let store: AggregateStore<object>;
  let metrics: Metrics;
  let host: Host;
  let calls: string[];

  beforeEach(() => {
    log = sqliteEventLog({ path: ':memory:', clock });
    stores = sqliteStoreHost({ path: ':memory:', clock, outboxName: 'test' });
    store = stores.aggregates<object>('thing');
    metrics = createMetrics({ process: false });
    calls = [];
    const { logger } = capturedLog();
    host = createHost({ logger, clock, ids, metrics, log, deadLetters: log.deadLetters, owner: 'test', drainMs: 500 });
  });
  afterEach(async () => {
    await host.close();
    await log.close();
    await stores.close();
  });

  const saveThing = (): Promise<void> => {
    const id = ids.id('connector');
    const record = encodeConnectorState(id, { deleted: true, version: 1, deletedAt: '2026-11-23T00:00:00.000Z' });
    const listing = { sort: '', text: '', filters: {} };
    return store.save({ id, expectedVersion: 0, version: 1, state: {}, unique: {}, listing, outbox: [{ record }] });
  };

  const seen: string[] = [];
  const consumer: Consumer = {
    name: 'gatehouse-test',
    kind: 'projection',
    topics: [connectorStateTopic],
    positions: async () => ({}),
    async apply({ messages }) {
      seen.push(...messages.map(({ key }) => key));
    },
  };

  const moduleWith = (changes: Partial<ServiceModule> = {}): ServiceModule => ({
    name: 'thing-service',
    async routes(app) {
      app.get('/things', async () => ({ things: true }));
      app.get('/slow', async () => {
        await new Promise((resolve) => setTimeout(resolve, 150));
        return { slow: true };
      });
    },
    async internalRoutes(app) {
      app.get('/inside', async () => ({ inside: true }));
    },
    consumers: [consumer],
    outboxes: [store.outbox],
    readiness: [{ name: 'store', check: () => stores.check() }],
    async start() {
      calls.push('start');
    },
    async close() {
      calls.push('close');
    },
    ...changes,
  });
  const listen = { host: '127.0.0.1', port: 0 };
  const addressOf = (app: FastifyInstance | undefined): string => {
    const address = app?.server.address();
    if (typeof address !== 'object' || address === null) throw new Error('does not listen');
    return `http://127.0.0.1:${address.port}`;
  };

  it('is ready between start and close, and serves each address what belongs there', async () => {
    const { app, internalApp, client } = await host.add(moduleWith(), { listen, internal: listen });
    expect((await client.call({ method: 'GET', path: '/readyz', headers: {} })).status).toBe(503);
    await host.start();
    const open = addressOf(app);
    const inside = addressOf(internalApp);
    expect(await (await fetch(`${open}/things`)).json()).toEqual({ things: true });
    expect((await fetch(`${open}/readyz`)).status).toBe(200);
    expect((await fetch(`${open}/inside`)).status).toBe(404);
    expect((await fetch(`${open}/metrics`)).status).toBe(404);
    expect((await fetch(`${inside}/inside`)).status).toBe(200);
    expect(await (await fetch(`${inside}/metrics`)).text()).toContain(
      'service="thing-service",method="GET",route="/things"',
    );
    await host.close();
    expect(calls).toEqual(['start', 'close']);
    await expect(fetch(`${open}/things`)).rejects.toThrow();
  });

  it("lets a module answer for addresses that do not exist, on the service's own port only", async () => {
    const { app, internalApp } = await host.add(
      moduleWith({ notFound: (_request, reply) => reply.code(404).send('none of ours') }),
      { internal: listen },
    );
    expect((await app.inject('/nothing')).body).toBe('none of ours');
    expect((await internalApp?.inject('/nothing'))?.json()).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('carries what stores save to consumers, and counts it', async () => {
    await host.add(moduleWith());
    await host.start();
    const before = seen.length;
    await saveThing();
    await expect.poll(() => seen.length).toBe(before + 1);
    await host.caughtUp('gatehouse-test', 1_000);
    await expect.poll(() => metrics.text()).toContain('gatehouse_outbox_sent_records_total{outbox="test.thing"} 1');
    expect(await metrics.text()).toContain('gatehouse_consumer_records_total{consumer="gatehouse-test"');
    await expect(host.caughtUp('nobody', 10)).rejects.toThrow();
  });

  it('answers requests under way before it closes, and sends what waits', async () => {
    const { app } = await host.add(moduleWith(), { listen });
    await host.start();
    const slow = fetch(`${addressOf(app)}/slow`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([saveThing(), saveThing()]);
    await Promise.all([host.close(), host.close()]);
    expect(await (await slow).json()).toEqual({ slow: true });
    expect(await store.outbox.depth()).toBe(0);
    expect(calls).toEqual(['start', 'close']);
  });

  it('keeps services that are reached from inside open for requests under way at the ports', async () => {
    const { client } = await host.add(moduleWith({ name: 'behind', outboxes: [], consumers: [] }));
    const front = moduleWith({
      name: 'front',
      outboxes: [],
      consumers: [],
      async routes(app) {
        app.get('/through', async () => {
          await new Promise((resolve) => setTimeout(resolve, 150));
          return { status: (await client.call({ method: 'GET', path: '/things', headers: {} })).status };
        });
      },
    });
    const { app } = await host.add(front, { listen });
    await host.start();
    const through = fetch(`${addressOf(app)}/through`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.close();
    expect(await (await through).json()).toEqual({ status: 200 });
  });

  it('cuts requests off that do not end', async () => {
    const hanging = moduleWith({
      async routes(app) {
        app.get('/never', () => new Promise(() => {}));
      },
    });
    const { app } = await host.add(hanging, { listen });
    await host.start();
    const never = fetch(`${addressOf(app)}/never`);
    never.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.close();
    await expect(never).rejects.toThrow();
  });

  it('closes what it had opened when the start fails, and says why', async () => {
    await host.add(moduleWith());
    const failure = new AggregateStoreError('store_unavailable', 'no disk');
    await host.add(moduleWith({ name: 'broken', consumers: [], outboxes: [], start: () => Promise.reject(failure) }));
    await expect(host.start()).rejects.toBe(failure);
    expect(calls).toEqual(['start', 'close', 'close']);
  });

  it('says that a port is in use', async () => {
    const { app } = await host.add(moduleWith(), { listen });
    await host.start();
    const { port } = app.server.address() as AddressInfo;
    const { logger } = capturedLog();
    const other = createHost({
      logger,
      clock,
      ids,
      metrics: createMetrics({ process: false }),
      log,
      deadLetters: log.deadLetters,
      owner: 'other',
    });
    await other.add(moduleWith({ consumers: [], outboxes: [] }), { listen: { host: '127.0.0.1', port } });
    await expect(other.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('names what is not ready', async () => {
    const { client } = await host.add(moduleWith());
    await host.start();
    await stores.close();
    const answer = await client.call({ method: 'GET', path: '/readyz', headers: {} });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body.toString()).checks).toEqual([
      { name: 'process', ok: true },
      { name: 'store', ok: false, reason: 'store_unavailable' },
    ]);
  });

  describe('whose servers are away at the start', () => {
    const away = new EventLogError('log_unavailable', 'no broker answers');
    let isAway: boolean;

    const patientHost = (lines: ReturnType<typeof capturedLog>): Host => {
      const ensureTopics: typeof log.ensureTopics = (definitions) =>
        isAway ? Promise.reject(away) : log.ensureTopics(definitions);
      return createHost({
        logger: lines.logger,
        clock,
        ids,
        metrics: createMetrics({ process: false }),
        log: { ...log, ensureTopics },
        deadLetters: log.deadLetters,
        owner: 'patient',
        patience: { firstMs: 5, mostMs: 10 },
        drainMs: 500,
      });
    };
    const statusOf = async (app: FastifyInstance, path: string): Promise<number> =>
      (await fetch(`${addressOf(app)}${path}`)).status;

    beforeEach(async () => {
      await host.close();
      isAway = true;
    });

    it('listens at once, says why it is not ready, and is ready when they are there', async () => {
      const lines = capturedLog();
      host = patientHost(lines);
      const { app } = await host.add(moduleWith(), { listen });
      await host.start();
      expect(await statusOf(app, '/livez')).toBe(200);
      await expect.poll(() => statusOf(app, '/things')).toBe(200);
      const answer = await fetch(`${addressOf(app)}/readyz`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        checks: [
          { name: 'process', ok: true },
          { name: 'event-log', ok: false, reason: 'log_unavailable' },
          { name: 'store', ok: true },
        ],
      });
      isAway = false;
      await expect.poll(() => statusOf(app, '/readyz')).toBe(200);
      const before = seen.length;
      await saveThing();
      await expect.poll(() => seen.length).toBe(before + 1);
    });

    it('leaves it to a module that stands without the log to say that it is ready', async () => {
      host = patientHost(capturedLog());
      const { app } = await host.add(moduleWith({ standsWithoutLog: true }), { listen });
      await host.start();
      await expect.poll(() => statusOf(app, '/readyz')).toBe(200);
    });

    it('turns requests away until the module has started', async () => {
      let failures = 3;
      const slow = moduleWith({
        start: async () => {
          if (isAway || failures-- > 0) throw new AggregateStoreError('store_unavailable', 'no server answers');
        },
      });
      host = patientHost(capturedLog());
      const { app } = await host.add(slow, { listen });
      await host.start();
      expect(await statusOf(app, '/things')).toBe(503);
      expect(await statusOf(app, '/livez')).toBe(200);
      isAway = false;
      await expect.poll(() => statusOf(app, '/things')).toBe(200);
    });

    it('ends at once when it is told to stop meanwhile', async () => {
      host = patientHost(capturedLog());
      await host.add(moduleWith(), { listen });
      await host.start();
      const begun = performance.now();
      await host.close();
      expect(performance.now() - begun).toBeLessThan(1_000);
    });
  });
});
