import type { LogRecord, Outbox } from '@gatehouse/event-log';
import type { Database } from '@gatehouse/sqlite';
import { unavailable } from './sqlite-errors.ts';

interface OutboxRow {
  readonly position: number;
  readonly topic: string;
  readonly key: string;
  readonly value: string | null;
  readonly headers: string;
}

/** The table of facts that wait, seen from both ends. */
export interface SqliteOutbox extends Outbox {
  /** Within a transaction of the caller, who tells of it by `announce` once it is committed. */
  append(records: readonly LogRecord[]): void;
  announce(): void;
  /** At least as many as wait, in constant time: the span of positions. Exact while entries are sent in order. */
  span(): number;
}

const toRecord = ({ topic, key, value, headers }: OutboxRow): LogRecord => ({
  topic,
  key,
  value: value ?? undefined,
  headers: JSON.parse(headers) as Readonly<Record<string, string>>,
});

export const sqliteOutbox = (name: string, database: Database): SqliteOutbox => {
  const insert = database.prepare('INSERT INTO outbox (topic, key, value, headers) VALUES (?, ?, ?, ?)');
  const first = database.prepare('SELECT * FROM outbox ORDER BY position LIMIT ?');
  const remove = database.prepare('DELETE FROM outbox WHERE position = ?');
  const count = database.prepare('SELECT count(*) AS entries FROM outbox');
  // Two queries, because SQLite answers only a single min or max from the index.
  const least = database.prepare('SELECT min(position) AS position FROM outbox');
  const greatest = database.prepare('SELECT max(position) AS position FROM outbox');
  const listeners = new Set<() => void>();

  return {
    name,
    append(records) {
      for (const { topic, key, value, headers } of records)
        insert.run(topic, key, value ?? null, JSON.stringify(headers));
    },
    announce() {
      for (const listener of listeners) listener();
    },
    span() {
      const from = least.get<{ readonly position: number | null }>()?.position ?? undefined;
      const to = greatest.get<{ readonly position: number | null }>()?.position ?? undefined;
      return from === undefined || to === undefined ? 0 : to - from + 1;
    },
    async pending(limit) {
      return unavailable(() =>
        first
          .all<OutboxRow>(limit)
          .map((row) => ({ position: String(row.position), aggregateId: row.key, record: toRecord(row) })),
      );
    },
    async markSent(positions) {
      unavailable(() =>
        database.transaction(() => {
          for (const position of positions) remove.run(Number(position));
        }),
      );
    },
    async depth() {
      return unavailable(() => count.get<{ readonly entries: number }>()?.entries ?? 0);
    },
    onAppended(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
};
