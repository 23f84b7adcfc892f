import type { Clock } from '@gatehouse/contracts';
import type { Database } from '@gatehouse/sqlite';
import type { LogRecord } from '../event-log.ts';
import type { Outbox, OutboxEntry } from '../outbox.ts';

/** Tables of waiting records; a migration of the store whose state they are committed with. */
export const outboxMigration = `
  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    value TEXT
  );
  CREATE INDEX outbox_by_name ON outbox (name, position);
  CREATE TABLE outbox_delayed (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    value TEXT,
    send_after INTEGER NOT NULL
  );
  CREATE INDEX outbox_delayed_by_time ON outbox_delayed (name, send_after, position);
  CREATE INDEX outbox_delayed_by_aggregate ON outbox_delayed (name, aggregate_id, send_after);
  CREATE TABLE outbox_depth (name TEXT PRIMARY KEY, depth INTEGER NOT NULL) WITHOUT ROWID;
`;

interface EntryRow {
  readonly position: number;
  readonly aggregate_id: string;
  readonly topic: string;
  readonly key: string;
  readonly headers: string;
  readonly value: string | null;
}

interface DelayedRow extends EntryRow {
  readonly send_after: number;
}

export interface SqliteOutbox extends Outbox {
  /** Within the store's own transaction: adds a record. @param sendAfter epoch milliseconds; at once when absent */
  append(aggregateId: string, record: LogRecord, sendAfter?: number): void;
  /** Within the store's own transaction: how many entries wait, delayed ones left out. */
  waiting(): number;
  /** After the store's own commit: wakes the relay. */
  committed(): void;
}

/** Delayed entries that come due are moved in steps of this many. */
const promotedAtOnce = 200;

/**
 * The outbox of a store that keeps its state in `database` (with `outboxMigration` among its migrations). A delayed entry
 * takes its place in the order when it comes due, and holds later entries of its aggregate back until then.
 */
export const sqliteOutbox = (
  database: Database,
  { name, clock }: { readonly name: string; readonly clock: Clock },
): SqliteOutbox => {
  const insert = database.prepare(
    'INSERT INTO outbox (name, aggregate_id, topic, key, headers, value) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertDelayed = database.prepare(
    'INSERT INTO outbox_delayed (name, aggregate_id, topic, key, headers, value, send_after) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const latestDelay = database.prepare(
    'SELECT max(send_after) AS latest FROM outbox_delayed WHERE name = ? AND aggregate_id = ?',
  );
  const addToDepth = database.prepare(`
    INSERT INTO outbox_depth (name, depth) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET depth = depth + excluded.depth`);
  const depthOf = database.prepare('SELECT depth FROM outbox_depth WHERE name = ?');
  const due = database.prepare(
    'SELECT * FROM outbox_delayed WHERE name = ? AND send_after <= ? ORDER BY send_after, position LIMIT ?',
  );
  const removeDelayed = database.prepare('DELETE FROM outbox_delayed WHERE position = ?');
  const next = database.prepare('SELECT * FROM outbox WHERE name = ? ORDER BY position LIMIT ?');
  const remove = database.prepare('DELETE FROM outbox WHERE name = ? AND position = ?');
  const listeners = new Set<() => void>();

  const waiting = (): number => depthOf.get<{ readonly depth: number }>(name)?.depth ?? 0;

  const add = (aggregateId: string, topic: string, key: string, headers: string, value: string | null): void => {
    insert.run(name, aggregateId, topic, key, headers, value);
    addToDepth.run(name, 1);
  };

  const promote = (): void => {
    const now = clock.now();
    if (due.get(name, now, 1) === undefined) return;
    database.transaction(() => {
      for (const row of due.all<DelayedRow>(name, now, promotedAtOnce)) {
        removeDelayed.run(row.position);
        add(row.aggregate_id, row.topic, row.key, row.headers, row.value);
      }
    });
  };

  return {
    name,
    append(aggregateId, record, sendAfter) {
      const { topic, key, headers, value } = record;
      const latest = latestDelay.get<{ readonly latest: number | null }>(name, aggregateId)?.latest;
      const after = Math.max(sendAfter ?? 0, latest ?? 0);
      const text = JSON.stringify(headers);
      const waitsBehindAnother = latest !== null && latest !== undefined;
      if (waitsBehindAnother || after > clock.now())
        insertDelayed.run(name, aggregateId, topic, key, text, value ?? null, after);
      else add(aggregateId, topic, key, text, value ?? null);
    },
    waiting,
    committed() {
      for (const listener of listeners) listener();
    },
    async pending(limit) {
      promote();
      return next.all<EntryRow>(name, limit).map(
        ({ position, aggregate_id, topic, key, headers, value }): OutboxEntry => ({
          position: String(position),
          aggregateId: aggregate_id,
          record: {
            topic,
            key,
            headers: JSON.parse(headers) as Readonly<Record<string, string>>,
            value: value ?? undefined,
          },
        }),
      );
    },
    async markSent(positions) {
      // Undone by a power cut, the entries are sent again: a repeat, never a loss.
      database.transaction(() => {
        const removed = positions.reduce((sum, position) => sum + remove.run(name, Number(position)).changes, 0);
        addToDepth.run(name, -removed);
      }, 'relaxed');
    },
    async depth() {
      return waiting();
    },
    onAppended(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
