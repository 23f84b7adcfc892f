import type { AggregateStore, Listing } from '@gatehouse/aggregate-store';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { connectorStateTopic, createIds, systemClock, topics } from '@gatehouse/contracts';
import { encodeConnectorState, type Lease, type Leases } from '@gatehouse/event-log';
import { type SqliteEventLog, sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AggregateDefinition, republishState } from '../src/index.ts';

type Thing = { readonly name: string };
type Change = { readonly type: 'connector.created' };

const clock = systemClock;
const ids = createIds(clock);
const deletedAt = '2026-11-23T00:00:00.000Z';

/** A kind whose state record is easy to tell apart: only key and version matter here. */
const definition: AggregateDefinition<Thing, never, Change> = {
  source: '/gatehouse/connector-registry',
  decide: () => [],
  evolve: (state) => state,
  publish: () => {
    throw new Error('publishing state again is no change');
  },
  unique: () => ({}),
  listing: () => ({ sort: '', text: '', filters: {} }),
  taken: {},
  stateRecords: ({ id, version }) => [
    { record: encodeConnectorState(id, { deleted: true, version, deletedAt }) },
    { record: encodeConnectorState(id, undefined), sendAfter: 0 },
  ],
};

describe('republishState', () => {
  let log: SqliteEventLog;
  let stores: ReturnType<typeof sqliteStoreHost>;
  let store: AggregateStore<Thing>;
  const saved: string[] = [];

  beforeEach(async () => {
    log = sqliteEventLog({ path: ':memory:', clock });
    await log.ensureTopics(topics);
    stores = sqliteStoreHost({ path: ':memory:', clock, outboxName: 'test' });
    store = stores.aggregates<Thing>('thing');
    saved.length = 0;
    for (let number = 0; number < 450; number++) {
      const id = ids.id('connector');
      const listing: Listing = { sort: String(number), text: '', filters: {} };
      await store.save({ id, expectedVersion: 0, version: 3, state: { name: id }, unique: {}, listing, outbox: [] });
      saved.push(id);
    }
  });
  afterEach(async () => {
    await log.close();
    await stores.close();
  });

  /** Leases that somebody else may hold. */
  const leasesHeldBy = (holder: string | undefined): Leases & { readonly calls: string[] } => {
    const calls: string[] = [];
    const lease = (name: string): Lease => ({ name, owner: 'republish', fence: 1, expiresAt: clock.now() + 1_000 });
    return {
      calls,
      acquire: async (name) => (holder === undefined ? lease(name) : undefined),
      renew: async ({ name }) => {
        calls.push('renew');
        return lease(name);
      },
      release: async () => void calls.push('release'),
    };
  };

  const readAll = async (): Promise<readonly string[]> => {
    const keys: string[] = [];
    const subscription = await log.subscribe({
      group: 'test',
      topics: [connectorStateTopic],
      positions: async () => ({}),
      handle: async ({ records }) =>
        void keys.push(
          ...records.map(({ key, headers, value }) => `${key} ${headers.ce_sequence} ${value !== undefined}`),
        ),
    });
    await subscription.caughtUp(5_000);
    await subscription.close();
    return keys;
  };

  it('publishes the state of every aggregate in its version, page by page', async () => {
    const leases = leasesHeldBy(undefined);
    expect(await republishState(definition, { store, log, leases, clock })).toBe(450);
    const published = await readAll();
    expect(published.filter((line) => line.endsWith('3 true')).toSorted()).toEqual(
      saved.map((id) => `${id} 3 true`).toSorted(),
    );
    expect(leases.calls).toEqual(['renew', 'renew', 'renew', 'release']);
  });

  it('leaves out what would be sent only later: a tombstone', async () => {
    await republishState(definition, { store, log, clock });
    expect((await readAll()).filter((line) => line.endsWith('false'))).toEqual([]);
  });

  it('does nothing while the service’s relay holds its lease', async () => {
    const work = republishState(definition, { store, log, leases: leasesHeldBy('relay'), clock });
    await expect(work).rejects.toMatchObject({ code: 'writer_fenced' });
    expect(await readAll()).toEqual([]);
  });

  it('fences a relay that was writing', async () => {
    const relay = await log.openWriter(store.outbox.name);
    await republishState(definition, { store, log, clock });
    const late = relay.append([encodeConnectorState(ids.id('connector'), undefined)]);
    await expect(late).rejects.toMatchObject({ code: 'writer_fenced' });
  });
});
