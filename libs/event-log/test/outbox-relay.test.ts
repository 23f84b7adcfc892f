import { openDatabase } from '@gatehouse/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectorFact, ids, silentLogger } from '../src/conformance/samples.ts';
import {
  createOutboxRelay,
  type EventLog,
  type Lease,
  type LogRecord,
  noRelayMetrics,
  type OutboxRelayDeps,
} from '../src/index.ts';
import { outboxMigration, type SqliteOutbox, sqliteOutbox } from '../src/sqlite/index.ts';

const patience = { timeout: 10_000, interval: 5 };

describe('the relay', () => {
  const database = () => openDatabase(':memory:', { synchronous: 'full', migrations: [outboxMigration] });
  let store: ReturnType<typeof database>;
  let outbox: SqliteOutbox;
  let now: number;
  let appends: LogRecord[][];
  let refuse: () => Error | undefined;
  const clock = { now: () => now };

  const unused = (): never => {
    throw new Error('not for a relay');
  };
  const log: EventLog = {
    openWriter: async () => ({
      async append(records) {
        const error = refuse();
        if (error !== undefined) throw error;
        appends.push([...records]);
      },
      async close() {},
    }),
    ensureTopics: unused,
    subscribe: unused,
    identity: unused,
    maintain: unused,
    close: unused,
  };

  const commit = (records: readonly LogRecord[], sendAfter?: number): void => {
    store.transaction(() => {
      for (const record of records) outbox.append(record.key, record, sendAfter);
    });
    outbox.committed();
  };

  const relay = (more: Partial<OutboxRelayDeps> = {}) =>
    createOutboxRelay({
      outbox,
      log,
      owner: 'me',
      clock,
      logger: silentLogger,
      timing: { pollMs: 20, retry: { firstMs: 1, mostMs: 4 } },
      ...more,
    });

  beforeEach(() => {
    store = database();
    now = 1_700_000_100_000;
    outbox = sqliteOutbox(store, { name: 'sample', clock });
    appends = [];
    refuse = () => undefined;
  });
  afterEach(() => store.close());

  it('tells depth, age, what was sent and what failed', async () => {
    const told: unknown[] = [];
    const metrics = {
      ...noRelayMetrics,
      sent: (name: string, records: number) => told.push(['sent', name, records]),
      failed: (name: string, code: string) => told.push(['failed', name, code]),
      age: (_name: string, ms: number) => told.push(['age', ms]),
      depth: (_name: string, entries: number) => told.push(['depth', entries]),
    };
    let failures = 1;
    refuse = () => (failures-- > 0 ? Object.assign(new Error('down'), { code: 'log_unavailable' }) : undefined);
    commit([connectorFact(ids.id('connector'), 1), connectorFact(ids.id('connector'), 2)]);
    const running = relay({ metrics });
    await running.start();
    expect(await running.drain(10_000)).toBe(true);
    await running.close();
    expect(told.slice(0, 7)).toEqual([
      ['age', 99_999],
      ['failed', 'sample', 'log_unavailable'],
      ['age', 99_999],
      ['depth', 2],
      ['age', 99_999],
      ['sent', 'sample', 2],
      ['depth', 0],
    ]);
    expect(told.slice(7, 9)).toEqual([
      ['age', 0],
      ['depth', 0],
    ]);
  });

  it('tells nothing of what waits while another holds the lease', async () => {
    const told: unknown[] = [];
    const metrics = {
      ...noRelayMetrics,
      age: (_name: string, ms: number) => told.push(['age', ms]),
      depth: (_name: string, entries: number) => told.push(['depth', entries]),
    };
    commit([connectorFact(ids.id('connector'), 1)]);
    const leases = { acquire: async () => undefined, renew: async () => undefined, release: async () => undefined };
    const running = relay({ metrics, leases });
    await running.start();
    await vi.waitFor(() => expect(told.length).toBeGreaterThanOrEqual(2));
    await running.close();
    expect(told.slice(0, 2)).toEqual([
      ['age', 0],
      ['depth', 0],
    ]);
  });

  it('sends a burst of commits in one append', async () => {
    const running = relay({ timing: { pollMs: 60_000, coalesceMs: 50 } });
    await running.start();
    await vi.waitFor(async () => expect(await running.drain(1_000)).toBe(true), patience);
    const key = ids.id('connector');
    for (let sequence = 1; sequence <= 5; sequence++) {
      commit([connectorFact(key, sequence)]);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await vi.waitFor(() => expect(appends.flat()).toHaveLength(5), patience);
    expect(appends).toHaveLength(1);
    await running.close();
  });

  it('splits what is too large for one append, in order', async () => {
    const key = ids.id('connector');
    const records = [1, 2, 3, 4, 5].map((sequence) => connectorFact(key, sequence, 'x'.repeat(400_000)));
    commit(records);
    const running = relay();
    await running.start();
    expect(await running.drain(10_000)).toBe(true);
    await running.close();
    expect(appends.map((append) => append.length)).toEqual([2, 2, 1]);
    expect(appends.flat()).toEqual(records);
  });

  it('finds a record that has come due ahead of those that were saved after it', async () => {
    const key = ids.id('connector');
    commit([connectorFact(key, 1)], now + 1_000);
    now += 1_000;
    commit([connectorFact(key, 2)]);
    const entries = await outbox.pending(10);
    expect(entries.map(({ record }) => record.headers.ce_sequence)).toEqual(['1', '2']);
  });

  it('looks for delayed records by itself', async () => {
    const record = connectorFact(ids.id('connector'), 1);
    commit([record], now + 1_000);
    const running = relay();
    await running.start();
    expect(await running.drain(10_000)).toBe(true);
    expect(appends).toEqual([]);
    now += 1_000;
    await vi.waitFor(() => expect(appends).toEqual([[record]]), patience);
    await running.close();
  });

  it('renews its lease while it has it, and gives it back', async () => {
    const calls: string[] = [];
    let lease: Lease | undefined;
    const leases = {
      async acquire(name: string, owner: string, lifeMs: number) {
        calls.push('acquire');
        lease = { name, owner, fence: 1, expiresAt: now + lifeMs };
        return lease;
      },
      async renew(held: Lease, lifeMs: number) {
        calls.push('renew');
        return calls.filter((call) => call === 'renew').length > 2 ? undefined : { ...held, expiresAt: now + lifeMs };
      },
      async release() {
        calls.push('release');
      },
    };
    const running = relay({ leases, timing: { leaseMs: 60, pollMs: 5 } });
    await running.start();
    // The third renewal says that the lease is lost: it is let go and asked for anew.
    await vi.waitFor(() => expect(calls.filter((call) => call === 'acquire').length).toBeGreaterThan(1), patience);
    await running.close();
    expect(calls.slice(0, 5)).toEqual(['acquire', 'renew', 'renew', 'renew', 'release']);
    expect(calls.at(-1)).toBe('release');
  });

  it('appends nothing with a lease that ran out while it read', async () => {
    const fences: number[] = [];
    const leases = {
      async acquire(name: string, owner: string, lifeMs: number) {
        fences.push(fences.length + 1);
        return { name, owner, fence: fences.length, expiresAt: now + lifeMs };
      },
      renew: async () => undefined,
      release: async () => undefined,
    };
    const heldAtAppend: number[] = [];
    refuse = () => {
      heldAtAppend.push(fences.length);
      return undefined;
    };
    const slow = {
      ...outbox,
      async pending(limit: number) {
        const entries = await outbox.pending(limit);
        if (fences.length === 1) now += 60_000;
        return entries;
      },
    };
    commit([connectorFact(ids.id('connector'), 1)]);
    const running = relay({ outbox: slow, leases, timing: { leaseMs: 30_000, retry: { firstMs: 1, mostMs: 1 } } });
    await running.start();
    expect(await running.drain(10_000)).toBe(true);
    await running.close();
    expect(heldAtAppend).toEqual([2]);
  });

  it('appends nothing after its close, and ends at once though it waits', async () => {
    refuse = () => new Error('down');
    commit([connectorFact(ids.id('connector'), 1)]);
    const running = relay({ timing: { retry: { firstMs: 60_000, mostMs: 60_000 } } });
    await running.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await running.close();
    refuse = () => undefined;
    commit([connectorFact(ids.id('connector'), 1)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(appends).toEqual([]);
    expect(await running.drain(10)).toBe(false);
  });
});
