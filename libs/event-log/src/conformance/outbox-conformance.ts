import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventLog, EventLogError, type EventWriter, type LogRecord } from '../event-log.ts';
import type { Lease, Leases, Outbox } from '../outbox.ts';
import { createOutboxRelay, type OutboxRelay, type OutboxRelayDeps } from '../outbox-relay.ts';
import { connectorFact, ids, sequenceOf, silentLogger } from './samples.ts';

export interface OutboxAdapter {
  readonly outbox: Outbox;
  /** Commits one record of an aggregate in a transaction of the store that owns the outbox. */
  commit(aggregateId: string, record: LogRecord): Promise<void>;
  dispose(): Promise<void>;
}

const patience = { timeout: 15_000, interval: 5 };

/** A log that keeps what is appended, and fails as told: before an append, or after it, as a lost answer does. */
const rememberingLog = () => {
  const records: LogRecord[] = [];
  const appends: number[] = [];
  const faults = { before: (): Error | undefined => undefined, after: (): Error | undefined => undefined };
  const epochs = new Map<string, number>();
  const writer = (name: string, epoch: number): EventWriter => ({
    async append(added) {
      if (epochs.get(name) !== epoch) throw new EventLogError('writer_fenced', 'fenced');
      const refused = faults.before();
      if (refused !== undefined) throw refused;
      records.push(...added);
      appends.push(added.length);
      const lost = faults.after();
      if (lost !== undefined) throw lost;
    },
    async close() {},
  });
  const unused = (): never => {
    throw new Error('a relay only writes');
  };
  const log: EventLog = {
    async openWriter(name) {
      epochs.set(name, (epochs.get(name) ?? 0) + 1);
      return writer(name, epochs.get(name) ?? 0);
    },
    ensureTopics: unused,
    subscribe: unused,
    identity: unused,
    maintain: unused,
    close: unused,
  };
  return { log, records, appends, faults };
};

/** Leases of one process, on a clock that is set by hand. */
const handLeases = () => {
  const held = new Map<string, Lease>();
  const time = { now: 1_000 };
  const isMine = (lease: Lease): boolean => held.get(lease.name)?.fence === lease.fence;
  let fence = 0;
  const leases: Leases = {
    async acquire(name, owner, lifeMs) {
      const current = held.get(name);
      if (current !== undefined && current.owner !== owner && current.expiresAt > time.now) return undefined;
      fence += 1;
      const lease = { name, owner, fence, expiresAt: time.now + lifeMs };
      held.set(name, lease);
      return lease;
    },
    async renew(lease, lifeMs) {
      if (!isMine(lease)) return undefined;
      const renewed = { ...lease, expiresAt: time.now + lifeMs };
      held.set(lease.name, renewed);
      return renewed;
    },
    async release(lease) {
      if (isMine(lease)) held.delete(lease.name);
    },
  };
  return { leases, time, clock: { now: () => time.now } };
};

const sequencesOf = (records: readonly LogRecord[], key: string): number[] =>
  records.filter((record) => record.key === key).map(sequenceOf);

/** First appearances only: a repeat is allowed, another order is not. */
const firsts = (sequences: readonly number[]): number[] => [...new Set(sequences)];

/** What every outbox must do, and what the relay makes of it when things break. */
export const outboxConformance = (name: string, makeAdapter: () => Promise<OutboxAdapter>): void => {
  describe(`the outbox of ${name}`, () => {
    let adapter: OutboxAdapter;
    let relays: OutboxRelay[] = [];
    beforeEach(async () => {
      adapter = await makeAdapter();
      relays = [];
    });
    afterEach(async () => {
      await Promise.all(relays.map((relay) => relay.close()));
      await adapter.dispose();
    });

    const relay = async (log: EventLog, more: Partial<OutboxRelayDeps> = {}): Promise<OutboxRelay> => {
      const made = createOutboxRelay({
        outbox: adapter.outbox,
        log,
        owner: 'conformance',
        clock: systemClock,
        logger: silentLogger,
        timing: { retry: { firstMs: 1, mostMs: 5 }, pollMs: 20 },
        ...more,
      });
      relays.push(made);
      await made.start();
      return made;
    };

    const commitFacts = async (keys: readonly string[], from: number, to: number): Promise<void> => {
      for (let sequence = from; sequence <= to; sequence++) {
        for (const key of keys) await adapter.commit(key, connectorFact(key, sequence));
      }
    };

    it('hands out entries in the order of each aggregate until they are marked', async () => {
      const keys = [ids.id('connector'), ids.id('connector')];
      await commitFacts(keys, 1, 5);
      const { outbox } = adapter;
      expect(await outbox.depth()).toBe(10);
      const first = await outbox.pending(4);
      expect(first).toHaveLength(4);
      expect(await outbox.pending(4)).toEqual(first);
      const seen: LogRecord[] = [];
      for (;;) {
        const entries = await outbox.pending(3);
        if (entries.length === 0) break;
        seen.push(...entries.map(({ record }) => record));
        const positions = entries.map(({ position }) => position);
        await outbox.markSent(positions);
        await outbox.markSent(positions);
      }
      for (const key of keys) expect(sequencesOf(seen, key)).toEqual([1, 2, 3, 4, 5]);
      expect(await outbox.depth()).toBe(0);
    });

    it('gives records back whole', async () => {
      const key = ids.id('connector');
      const record = { ...connectorFact(key, 1, '☃ "quoted" \u0001'), value: undefined };
      await adapter.commit(key, record);
      const [entry] = await adapter.outbox.pending(1);
      expect(entry?.record).toEqual(record);
      expect(entry?.aggregateId).toBe(key);
    });

    it('calls its listeners after a commit, until they leave', async () => {
      let calls = 0;
      const stop = adapter.outbox.onAppended(() => {
        calls += 1;
      });
      const key = ids.id('connector');
      await commitFacts([key], 1, 2);
      await vi.waitFor(() => expect(calls).toBeGreaterThanOrEqual(2), patience);
      stop();
      const before = calls;
      await commitFacts([key], 3, 3);
      await delay(10);
      expect(calls).toBe(before);
    });

    it('is sent by the relay, bursts in few appends, and left empty', async () => {
      const keys = Array.from({ length: 5 }, () => ids.id('connector'));
      const { log, records, appends } = rememberingLog();
      const running = await relay(log);
      await commitFacts(keys, 1, 40);
      expect(await running.drain(15_000)).toBe(true);
      for (const key of keys) {
        expect(sequencesOf(records, key)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
      }
      expect(await adapter.outbox.depth()).toBe(0);
      expect(appends.length).toBeLessThan(records.length);
    });

    it('loses nothing and keeps the order when appends fail, before and after they happened', async () => {
      const keys = [ids.id('connector'), ids.id('connector')];
      const { log, records, faults } = rememberingLog();
      let calls = 0;
      faults.before = () => (++calls % 3 === 0 ? new EventLogError('log_unavailable', 'down') : undefined);
      faults.after = () => (calls % 4 === 0 ? new EventLogError('log_unavailable', 'answer lost') : undefined);
      const running = await relay(log);
      await commitFacts(keys, 1, 30);
      expect(await running.drain(15_000)).toBe(true);
      for (const key of keys) {
        expect(firsts(sequencesOf(records, key))).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
      }
    });

    it('loses nothing when the relay dies at any step, and repeats only what was not marked', async () => {
      const key = ids.id('connector');
      const { log, records } = rememberingLog();
      let next = 1;
      for (const death of ['pending', 'append', 'appended', 'markSent', 'marked'] as const) {
        await commitFacts([key], next, next + 2);
        next += 3;
        let dead = false;
        const die = (): never => {
          dead = true;
          throw new Error('dead');
        };
        const { outbox } = adapter;
        const dying: Outbox = {
          ...outbox,
          pending: async (limit) => (dead || death === 'pending' ? die() : outbox.pending(limit)),
          markSent: async (positions) => {
            if (dead || death === 'markSent') die();
            await outbox.markSent(positions);
            if (death === 'marked') die();
          },
        };
        const dyingLog: EventLog = {
          ...log,
          openWriter: async (writerName) => {
            const writer = await log.openWriter(writerName);
            const append = async (added: readonly LogRecord[]): Promise<void> => {
              if (dead || death === 'append') die();
              await writer.append(added);
              if (death === 'appended') die();
            };
            return { ...writer, append };
          },
        };
        const first = await relay(dyingLog, { outbox: dying });
        await vi.waitFor(() => expect(dead).toBe(true), patience);
        await first.close();
        const before = records.length;
        const depth = await outbox.depth();
        const heir = await relay(log);
        expect(await heir.drain(15_000)).toBe(true);
        await heir.close();
        expect(records.length - before).toBe(depth);
        expect(firsts(sequencesOf(records, key))).toEqual(Array.from({ length: next - 1 }, (_, n) => n + 1));
      }
    });

    it('is sent by the holder of the lease alone, and by the next one when it is given back', async () => {
      const key = ids.id('connector');
      const { log, records } = rememberingLog();
      const { leases, clock } = handLeases();
      const first = await relay(log, { leases, clock, owner: 'first' });
      await commitFacts([key], 1, 1);
      expect(await first.drain(15_000)).toBe(true);
      const second = await relay(log, { leases, clock, owner: 'second' });
      await commitFacts([key], 2, 2);
      expect(await second.drain(50)).toBe(false);
      await first.drain(15_000);
      await first.close();
      await commitFacts([key], 3, 3);
      expect(await second.drain(15_000)).toBe(true);
      expect(sequencesOf(records, key)).toEqual([1, 2, 3]);
    });

    it('is not sent by a relay that slept through its lease', async () => {
      const key = ids.id('connector');
      const { log, records } = rememberingLog();
      const { leases, clock, time } = handLeases();
      const first = await relay(log, { leases, clock, owner: 'first', timing: { leaseMs: 60_000, pollMs: 5 } });
      await commitFacts([key], 1, 1);
      await first.drain(15_000);
      time.now += 120_000;
      const second = await relay(log, { leases, clock, owner: 'second', timing: { leaseMs: 60_000, pollMs: 5 } });
      await commitFacts([key], 2, 20);
      await vi.waitFor(() => expect(firsts(sequencesOf(records, key))).toHaveLength(20), patience);
      expect(firsts(sequencesOf(records, key))).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      await Promise.all([first.close(), second.close()]);
    });

    it('is sent on by a relay that was fenced, once it has taken the writer anew', async () => {
      const key = ids.id('connector');
      const { log, records } = rememberingLog();
      const running = await relay(log);
      await commitFacts([key], 1, 1);
      await running.drain(15_000);
      await log.openWriter(adapter.outbox.name);
      await commitFacts([key], 2, 3);
      expect(await running.drain(15_000)).toBe(true);
      expect(sequencesOf(records, key)).toEqual([1, 2, 3]);
    });
  });
};
