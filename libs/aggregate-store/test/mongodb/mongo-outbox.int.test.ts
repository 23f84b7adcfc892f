import { createOutboxRelay } from '@gatehouse/event-log';
import { mustSkipServerTests } from '@gatehouse/test-servers';
import { describe, expect, it, vi } from 'vitest';
import { change, type Sample } from '../../src/conformance/store-host-adapter.ts';
import type { MongoStoreHost } from '../../src/mongodb/index.ts';
import { mongoFixture } from './mongo-fixture.ts';
import { recordingLog, silentLogger } from './recording-log.ts';

const patience = { timeout: 15_000, interval: 10 };
const skip = await mustSkipServerTests('mongo');

describe.skipIf(skip)('the outbox in MongoDB', () => {
  const { collection, documents, open, openReady, time } = mongoFixture();

  describe('a queue of aggregates', () => {
    it('puts one of which a part was sent behind the others', async () => {
      const host = await openReady();
      const { outbox, save } = host.aggregates<Sample>('sample');
      for (let version = 0; version < 4; version++) await save(change('busy', 'x', { expectedVersion: version }));
      time.now += 1;
      await save(change('z-quiet', 'x'));
      const next = async (limit: number) => {
        time.now += 1;
        const entries = await outbox.pending(limit);
        await outbox.markSent(entries.map(({ position }) => position));
        return entries.map(({ aggregateId }) => aggregateId);
      };
      expect(await next(2)).toEqual(['busy', 'busy']);
      expect(await next(2)).toEqual(['z-quiet', 'busy']);
      expect(await next(2)).toEqual(['busy']);
    });

    it('is put right by whoever reads it when a process died between sending and leaving it', async () => {
      const host = await openReady();
      const { outbox, save } = host.aggregates<Sample>('sample');
      await save(change('alive', 'A'));
      await save(change('dead', 'A'));
      await save(change('dead', undefined, { expectedVersion: 1 }));
      time.now += 1;
      await save(change('waits', 'A'));
      const emptied = { _id: { $in: ['sample/alive', 'sample/dead'] as never[] } };
      await collection('aggregates').updateMany(emptied, { $set: { outbox: [] } });
      expect((await outbox.pending(1)).map(({ aggregateId }) => aggregateId)).toEqual(['waits']);
      const left = await documents('aggregates');
      expect(left.map(({ id, waiting }) => [id, waiting !== undefined])).toEqual([
        ['alive', false],
        ['waits', true],
      ]);
    });
  });

  describe('two processes with a relay each', () => {
    it('send every record in order through one of them, and through the other when that one ends', async () => {
      const real = { now: () => Date.now() };
      const [one, other] = [await openReady({ clock: real }), open({ clock: real })];
      const { log, records } = recordingLog();
      const relayOf = (host: MongoStoreHost, owner: string) =>
        createOutboxRelay({
          outbox: host.aggregates('sample').outbox,
          log,
          leases: host.leases,
          owner,
          clock: real,
          logger: silentLogger,
          timing: { pollMs: 20, leaseMs: 2_000, retry: { firstMs: 5, mostMs: 50 } },
        });
      const relays = [relayOf(one, 'one'), relayOf(other, 'other')] as const;
      for (const relay of relays) await relay.start();
      const saveFive = async (host: MongoStoreHost, id: string, from: number) => {
        for (let version = from; version < from + 5; version++) {
          await host.aggregates<Sample>('sample').save(change(id, 'x', { expectedVersion: version }));
        }
      };
      await Promise.all([saveFive(one, 'a', 0), saveFive(other, 'b', 0)]);
      await vi.waitFor(() => expect(records).toHaveLength(10), patience);
      await relays[0].close();
      await Promise.all([saveFive(one, 'a', 5), saveFive(other, 'b', 5)]);
      await vi.waitFor(() => expect(records).toHaveLength(20), patience);
      await relays[1].close();
      for (const id of ['a', 'b']) {
        const values = records.filter(({ key }) => key === id).map(({ value }) => value);
        expect(values).toEqual([...Array(10).keys()].map((at) => `{"v":${at + 1}}`));
      }
    });
  });

  it('sends 10,000 waiting records in bounded time', { timeout: 120_000 }, async () => {
    const real = { now: () => Date.now() };
    const host = await openReady({ clock: real });
    const store = host.aggregates<Sample>('sample');
    const value = JSON.stringify({ connector: 'x'.repeat(500) });
    const saves = async (lane: number): Promise<void> => {
      for (let n = lane; n < 500; n += 8) {
        const made = change(`a${n}`, 'A');
        const record = { topic: 't', key: `a${n}`, value, headers: { ce_type: 'sample', ce_id: String(n) } };
        await store.save({ ...made, outbox: [...Array(20).keys()].map(() => ({ record })) });
      }
    };
    await Promise.all([...Array(8).keys()].map(saves));
    expect(await store.outbox.depth()).toBe(10_000);
    const { log, records } = recordingLog();
    const relay = createOutboxRelay({ outbox: store.outbox, log, owner: 'me', clock: real, logger: silentLogger });
    const started = performance.now();
    await relay.start();
    expect(await relay.drain(60_000)).toBe(true);
    const seconds = (performance.now() - started) / 1_000;
    process.stderr.write(`MongoDB: 10,000 waiting records sent in ${seconds.toFixed(1)} s.\n`);
    expect(records).toHaveLength(10_000);
    await relay.close();
  });
});
