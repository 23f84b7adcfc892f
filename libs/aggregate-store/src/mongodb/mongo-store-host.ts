import { type Clock, createIds, type Ids } from '@gatehouse/contracts';
import type { Leases } from '@gatehouse/event-log';
import type { AggregateStore, StoreHost } from '../aggregate-store.ts';
import { mongoAggregates } from './mongo-aggregates.ts';
import { mongoDatabase } from './mongo-database.ts';
import { mongoLeases } from './mongo-leases.ts';
import { mongoViews } from './mongo-views.ts';

export interface MongoStoreHostOptions {
  /** `mongodb://` or `mongodb+srv://`; the database is `gatehouse` unless the address names one. */
  readonly uri: string;
  /** Begins the names of collections and outboxes: `connector-registry` gives `connector-registry.connector`. */
  readonly name: string;
  readonly clock: Clock;
  readonly ids?: Ids | undefined;
  /** Longest wait for one answer, in milliseconds; 4,000 unless told. A save may take 2 s more to find out what became of it. */
  readonly timeoutMs?: number | undefined;
  /** Connections to one server at most; 20 unless told. */
  readonly poolSize?: number | undefined;
  /** Waiting records of one kind beyond which nothing is saved (`outbox_full`); 100,000 unless told. */
  readonly outboxLimit?: number | undefined;
  /** The same for one aggregate, whose document bears them; 500 unless told. */
  readonly aggregateOutboxLimit?: number | undefined;
}

export interface MongoStoreHost extends StoreHost {
  /** Fenced leases that all processes of the service share. */
  readonly leases: Leases;
  /**
   * Makes the indexes that are missing and returns their names, `connector-registry.aggregates.unique_keys`. Idempotent.
   * @throws AggregateStoreError `store_unavailable`
   */
  applyIndexes(): Promise<readonly string[]>;
  /** @throws AggregateStoreError `store_unavailable`: `… missing index …`, or the server does not answer */
  checkIndexes(): Promise<void>;
}

/** Over a large collection an index takes its time, in milliseconds. */
const indexBuildMs = 30 * 60_000;

/**
 * The stores and views of one service in MongoDB, on a single node as on a replica set. It connects at the first call and
 * tries anew at every call until it has found the server and all indexes; what is called before is refused with
 * `store_unavailable` and the reason. A save was journaled by a majority when it resolves.
 */
export const mongoStoreHost = (options: MongoStoreHostOptions): MongoStoreHost => {
  const { uri, name, clock, ids = createIds(clock) } = options;
  const { timeoutMs = 4_000, poolSize = 20, outboxLimit = 100_000, aggregateOutboxLimit = 500 } = options;
  const settings = { uri, name, appName: `gatehouse-${name}`, timeoutMs, poolSize };
  const database = mongoDatabase(settings);
  const stores = new Map<string, AggregateStore<unknown>>();

  return {
    // One store per kind: its outbox must wake the relay whoever saved.
    aggregates<State>(kind: string): AggregateStore<State> {
      const known = stores.get(kind);
      if (known !== undefined) return known as AggregateStore<State>;
      const outboxName = `${name}.${kind}`;
      const made = mongoAggregates<State>(database, {
        kind,
        clock,
        ids,
        outboxName,
        outboxLimit,
        aggregateOutboxLimit,
      });
      stores.set(kind, made as AggregateStore<unknown>);
      return made;
    },
    views: mongoViews(database),
    leases: mongoLeases(database, clock),
    async check() {
      // Only a write that a majority has shows that there is a primary which takes writes.
      await database.run(({ heartbeats }) =>
        heartbeats.updateOne({ _id: 'heartbeat' }, { $set: { checkedAt: clock.now() } }, { upsert: true }),
      );
    },
    async applyIndexes() {
      const patient = mongoDatabase({ ...settings, timeoutMs: indexBuildMs });
      try {
        return await patient.applyIndexes();
      } finally {
        await patient.close();
      }
    },
    checkIndexes: database.checkIndexes,
    close: database.close,
  };
};
