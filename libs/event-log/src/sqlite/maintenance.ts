import type { Clock } from '@gatehouse/contracts';
import type { Database } from '@gatehouse/sqlite';
import type { Topic } from './records.ts';

/** Records looked at in one transaction; between two of them requests are served. */
const window = 500;

interface AgedRow {
  readonly offset: number;
  readonly appended_at: number;
}

interface StateRow extends AgedRow {
  readonly tombstone: number;
  readonly superseded: number;
}

/**
 * Retention and compaction in short steps.
 * @param handledUpTo of a topic: the lowest position of its live readers; what they have not read is kept, however old
 */
export const createMaintenance = (database: Database, clock: Clock, handledUpTo: (topic: string) => number) => {
  const topics = database.prepare('SELECT * FROM topics');
  const oldest = database.prepare(
    'SELECT offset, appended_at FROM records WHERE topic = ? AND offset < ? ORDER BY offset LIMIT ?',
  );
  const states = database.prepare(`
    SELECT offset, appended_at, value IS NULL AS tombstone, EXISTS (
      SELECT 1 FROM records newer
      WHERE newer.topic = record.topic AND newer.key = record.key AND newer.compacted = 1 AND newer.offset > record.offset
    ) AS superseded
    FROM records record WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT ?`);
  const deleteUpTo = database.prepare('DELETE FROM records WHERE topic = ? AND offset <= ?');
  const deleteOne = database.prepare('DELETE FROM records WHERE offset = ?');
  const setCompleteFrom = database.prepare('UPDATE topics SET complete_from = ? WHERE topic = ? AND complete_from < ?');

  /** The highest offset that a 64-bit reader of JavaScript numbers can have. */
  const bounded = (offset: number): number => Math.min(offset, Number.MAX_SAFE_INTEGER);

  const deleteOldest = (topic: Topic): boolean =>
    database.transaction(() => {
      const bound = clock.now() - topic.retention_ms;
      const rows = oldest.all<AgedRow>(topic.topic, bounded(handledUpTo(topic.name)), window);
      const kept = rows.findIndex((row) => row.appended_at >= bound);
      const last = (kept === -1 ? rows : rows.slice(0, kept)).at(-1);
      if (last === undefined) return false;
      deleteUpTo.run(topic.topic, last.offset);
      setCompleteFrom.run(last.offset + 1, topic.topic, last.offset + 1);
      return kept === -1 && rows.length === window;
    });

  /** Compacts one window; the offset where the next one starts, undefined after the last. */
  const compactFrom = (topic: Topic, from: number): number | undefined =>
    database.transaction(() => {
      const bound = clock.now() - topic.retention_ms;
      const handled = handledUpTo(topic.name);
      const rows = states.all<StateRow>(topic.topic, from, window);
      for (const { offset, appended_at, tombstone, superseded } of rows) {
        const isOldTombstone = tombstone === 1 && appended_at < bound && offset < handled;
        if (superseded === 1 || isOldTombstone) deleteOne.run(offset);
        if (superseded === 0 && isOldTombstone) setCompleteFrom.run(offset + 1, topic.topic, offset + 1);
      }
      const last = rows.at(-1);
      return last === undefined || rows.length < window ? undefined : last.offset + 1;
    });

  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return async (): Promise<void> => {
    for (const topic of topics.all<Topic>()) {
      if (topic.compacted === 1) {
        for (let from: number | undefined = 0; from !== undefined && database.isOpen; await pause()) {
          from = compactFrom(topic, from);
        }
      } else {
        for (let more = true; more && database.isOpen; await pause()) more = deleteOldest(topic);
      }
    }
  };
};
