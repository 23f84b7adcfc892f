import type { Clock } from '@gatehouse/contracts';
import { openDatabase } from '@gatehouse/sqlite';
import type { AggregateStore, StoreHost } from '../aggregate-store.ts';
import { migrations } from './schema.ts';
import { sqliteAggregates } from './sqlite-aggregates.ts';
import { unavailable } from './sqlite-errors.ts';
import { sqliteViews } from './sqlite-views.ts';

export interface SqliteStoreHostOptions {
  /** A file of its own, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  /** Begins the names of the outboxes: `connector-registry` gives `connector-registry.connector`. Absent: the kind alone. */
  readonly outboxName?: string | undefined;
  /** Waiting records of one kind beyond which nothing is saved (`outbox_full`); 100,000 unless told. */
  readonly outboxLimit?: number | undefined;
}

const usualOutboxLimit = 100_000;

/**
 * The stores and views of one service in one SQLite file. A save is on disk when it resolves.
 * @throws SqliteError when the file cannot be opened or was written by a newer version
 */
export const sqliteStoreHost = (options: SqliteStoreHostOptions): StoreHost => {
  const { path, clock, outboxName, outboxLimit = usualOutboxLimit } = options;
  const database = openDatabase(path, { synchronous: 'full', migrations });
  const stores = new Map<string, AggregateStore<unknown>>();
  const beat = database.prepare(`
    INSERT INTO heartbeat (beat, checked_at) VALUES (1, ?) ON CONFLICT (beat) DO UPDATE SET checked_at = excluded.checked_at`);

  return {
    // One store per kind: its outbox must wake the relay whoever saved.
    aggregates<State>(kind: string): AggregateStore<State> {
      const known = stores.get(kind);
      if (known !== undefined) return known as AggregateStore<State>;
      const name = outboxName === undefined ? kind : `${outboxName}.${kind}`;
      const made = sqliteAggregates<State>(database, { kind, clock, outboxName: name, outboxLimit });
      stores.set(kind, made as AggregateStore<unknown>);
      return made;
    },
    views: sqliteViews(database),
    async check() {
      // Only a write that is committed shows that the disk takes writes.
      unavailable(() => database.transaction(() => beat.run(clock.now()), 'relaxed'));
    },
    async close() {
      database.close();
    },
  };
};
