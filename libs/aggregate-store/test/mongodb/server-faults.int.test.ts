import { setTimeout as delay } from 'node:timers/promises';
import { mustSkipServerTests, startOwnMongo } from '@gatehouse/test-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AggregateStoreError } from '../../src/aggregate-store.ts';
import { change, type Sample } from '../../src/conformance/store-host-adapter.ts';
import { type MongoStoreHost, mongoStoreHost } from '../../src/mongodb/index.ts';
import { freshDatabase } from './test-database.ts';

vi.setConfig({ testTimeout: 120_000 });

const patience = { timeout: 60_000, interval: 100 };
const clock = { now: () => Date.now() };
const skip = await mustSkipServerTests('mongo', 'own');

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof AggregateStoreError ? error.code : String(error)),
  );

describe.skipIf(skip)('a MongoDB server that fails', () => {
  let server: Awaited<ReturnType<typeof startOwnMongo>>;
  let host: MongoStoreHost;
  beforeAll(async () => {
    server = await startOwnMongo();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    host = mongoStoreHost({ uri: freshDatabase(server.uri), name: 'test', clock, timeoutMs: 3_000 });
    await host.applyIndexes();
  });
  afterEach(() => host.close());

  const isBack = () => vi.waitFor(() => host.check(), patience);

  it('by kill -9 in the middle of saves loses no acknowledged one, and state and records agree', async () => {
    const store = host.aggregates<Sample>('sample');
    const acknowledged = new Map<string, number>();
    const unanswered = new Set<string>();
    let stopped = false;

    /** Saves version after version of one aggregate; after an unknown outcome it loads again, as a command does. */
    const commands = async (id: string): Promise<void> => {
      let version = 0;
      while (!stopped) {
        const code = await codeOf(store.save(change(id, `v${version + 1}`, { expectedVersion: version })));
        if (code === 'done') {
          version += 1;
          acknowledged.set(id, version);
          continue;
        }
        expect(['store_unavailable', 'version_conflict']).toContain(code);
        unanswered.add(id);
        const seen = await store.load(id).catch(() => undefined);
        version = seen?.version ?? version;
        await delay(20);
      }
    };

    const ids = ['a', 'b', 'c', 'd'];
    const running = ids.map(commands);
    for (let kills = 0; kills < 2; kills++) {
      await delay(300);
      await server.kill();
      await delay(100);
      await server.restart();
      await isBack();
    }
    await delay(200);
    stopped = true;
    await Promise.all(running);

    expect(unanswered.size).toBeGreaterThan(0);
    const waiting = await store.outbox.pending(10_000);
    for (const id of ids) {
      const version = (await store.load(id))?.version ?? 0;
      expect(version).toBeGreaterThanOrEqual(acknowledged.get(id) ?? 0);
      const values = waiting.filter(({ aggregateId }) => aggregateId === id).map(({ record }) => record.value);
      expect(values).toEqual(Array.from({ length: version }, (_, at) => `{"v":${at + 1}}`));
    }
  });

  it('to answer is store_unavailable within the time limit, and the store recovers by itself', async () => {
    const store = host.aggregates<Sample>('sample');
    await store.save(change('a', 'A'));
    await server.pause();
    const started = performance.now();
    const codes = await Promise.all([
      codeOf(store.save(change('a', 'B', { expectedVersion: 1 }))),
      codeOf(store.load('a')),
      codeOf(store.list({ limit: 10 })),
      codeOf(store.outbox.pending(10)),
      codeOf(host.views.apply({ writes: [{ view: 'v', key: 'k', row: 1 }] })),
      codeOf(host.leases.acquire('relay', 'me', 1_000)),
      codeOf(host.check()),
    ]);
    const elapsedMs = performance.now() - started;
    await server.resume();
    expect(new Set(codes)).toEqual(new Set(['store_unavailable']));
    // 3 s and its margin, and for the save a second look.
    expect(elapsedMs).toBeLessThan(8_000);
    await isBack();
    // What was sent to the sleeping server may have been carried out when it woke; the version tells.
    const version = (await store.load('a'))?.version ?? 0;
    expect([1, 2]).toContain(version);
    await store.save(change('a', 'C', { expectedVersion: version }));
    expect(await store.outbox.depth()).toBe(version + 1);
  });

  it('to be there at the start is waited for without a restart', async () => {
    const uri = freshDatabase(server.uri);
    await mongoStoreHost({ uri, name: 'test', clock }).applyIndexes();
    await server.kill();
    const early = mongoStoreHost({ uri, name: 'test', clock, timeoutMs: 1_000 });
    const store = early.aggregates<Sample>('sample');
    expect(await codeOf(store.load('a'))).toBe('store_unavailable');
    expect(await codeOf(early.check())).toBe('store_unavailable');
    await server.restart();
    await vi.waitFor(() => store.save(change('a', 'A')), patience);
    expect((await store.load('a'))?.version).toBe(1);
    await early.close();
    expect(await codeOf(store.load('a'))).toBe('store_unavailable');
  });
});
