import type { Database } from '@gatehouse/sqlite';
import type { DeadLetter, DeadLetters, ParkedKey } from '../dead-letters.ts';
import { unavailable } from './sqlite-errors.ts';

interface LetterRow {
  readonly consumer: string;
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: string;
  readonly value: string | null;
  readonly reason: string;
  readonly parked_at: number;
}

interface KeyRow {
  readonly consumer: string;
  readonly key: string;
  readonly letters: number;
  readonly reason: string;
  readonly parked_at: number;
}

const toLetter = (row: LetterRow): DeadLetter => ({
  consumer: row.consumer,
  record: {
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    key: row.key,
    headers: JSON.parse(row.headers) as Readonly<Record<string, string>>,
    value: row.value ?? undefined,
  },
  reason: row.reason,
  parkedAt: row.parked_at,
});

const toParkedKey = ({ parked_at, consumer, key, letters, reason }: KeyRow): ParkedKey => ({
  consumer,
  key,
  letters,
  reason,
  parkedAt: parked_at,
});

/** Dead letters in the database of the event log. */
export const sqliteDeadLetters = (database: Database): DeadLetters => {
  const insert = database.prepare(`
    INSERT INTO dead_letters (consumer, key, topic, partition, offset, headers, value, reason, parked_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const anyOf = database.prepare('SELECT 1 FROM dead_letters WHERE consumer = ? LIMIT 1');
  const oneOf = database.prepare('SELECT 1 FROM dead_letters WHERE consumer = ? AND key = ? LIMIT 1');
  // With a bare `min`, SQLite takes the other columns from the row of the minimum: https://www.sqlite.org/quirks.html, 6.
  const keys = database.prepare(`
    SELECT consumer, key, count(*) AS letters, reason, parked_at, min(letter) AS first
    FROM dead_letters WHERE (?1 IS NULL OR consumer = ?1) AND (?2 IS NULL OR key = ?2) GROUP BY consumer, key ORDER BY first LIMIT ?3`);
  const ofKey = database.prepare('SELECT * FROM dead_letters WHERE consumer = ? AND key = ? ORDER BY letter LIMIT ?');
  const removeOne = database.prepare(
    'DELETE FROM dead_letters WHERE consumer = ? AND topic = ? AND partition = ? AND offset = ?',
  );
  const removeKey = database.prepare('DELETE FROM dead_letters WHERE consumer = ? AND key = ?');

  return {
    async park(letters) {
      unavailable(() =>
        database.transaction(() => {
          for (const { consumer, record, reason, parkedAt } of letters) {
            const { key, topic, partition, offset, headers, value } = record;
            insert.run(
              consumer,
              key,
              topic,
              partition,
              offset,
              JSON.stringify(headers),
              value ?? null,
              reason,
              parkedAt,
            );
          }
        }),
      );
    },
    async parkedAmong(consumer, candidates) {
      return unavailable(() => {
        if (anyOf.get(consumer) === undefined) return new Set<string>();
        return new Set(candidates.filter((key) => oneOf.get(consumer, key) !== undefined));
      });
    },
    async list({ consumer, key, limit }) {
      return unavailable(() => keys.all<KeyRow>(consumer ?? null, key ?? null, limit).map(toParkedKey));
    },
    async letters(consumer, key, limit) {
      return unavailable(() => ofKey.all<LetterRow>(consumer, key, limit).map(toLetter));
    },
    async remove({ consumer, record: { topic, partition, offset } }) {
      unavailable(() => removeOne.run(consumer, topic, partition, offset));
    },
    async drop(consumer, key) {
      return unavailable(() => removeKey.run(consumer, key).changes);
    },
  };
};
