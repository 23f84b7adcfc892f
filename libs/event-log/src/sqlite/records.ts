import type { Database } from '@gatehouse/sqlite';
import type { StoredRecord } from '../event-log.ts';

export interface Topic {
  readonly topic: number;
  readonly name: string;
  readonly topic_id: string;
  readonly compacted: number;
  readonly retention_ms: number;
  /** Whoever stopped below this has missed records that were deleted for their age: facts, or tombstones when compacted. */
  readonly complete_from: number;
}

/** One process reads and writes the log: each topic is one partition. */
export const partition = 0;

interface RecordRow {
  readonly offset: number;
  readonly key: string;
  readonly headers: string;
  readonly value: string | null;
}

/** Bounds of one read, so that neither reading nor handling holds up the requests of the same process. */
const mostRecords = 500;
const mostCharacters = 1_000_000;

/** Reads and bookkeeping of records; every call is one short statement or scan. */
export const createRecordReader = (database: Database) => {
  const topicByName = database.prepare('SELECT * FROM topics WHERE name = ?');
  const recordsFrom = database.prepare(
    'SELECT offset, key, headers, value FROM records WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT ?',
  );
  const lastOf = database.prepare('SELECT max(offset) AS last FROM records WHERE topic = ?');
  const countFrom = database.prepare('SELECT count(*) AS waiting FROM records WHERE topic = ? AND offset >= ?');
  const newest = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'records'");

  return {
    topic: (name: string): Topic | undefined => topicByName.get<Topic>(name),
    /** Records from `from` on, at most 500 and about a megabyte. */
    read(topic: Topic, from: number): readonly StoredRecord[] {
      const found: StoredRecord[] = [];
      let characters = 0;
      for (const row of recordsFrom.iterate<RecordRow>(topic.topic, from, mostRecords)) {
        const headers = JSON.parse(row.headers) as Readonly<Record<string, string>>;
        const value = row.value ?? undefined;
        found.push({ topic: topic.name, partition, offset: row.offset, key: row.key, headers, value });
        characters += row.value?.length ?? 0;
        if (characters >= mostCharacters) break;
      }
      return found;
    },
    /** The offset after the topic's last record; 0 for an empty topic. */
    endOf: (topic: Topic): number => (lastOf.get<{ readonly last: number | null }>(topic.topic)?.last ?? -1) + 1,
    /** The offset after the newest record of all topics that was ever appended. */
    endOfLog: (): number => (newest.get<{ readonly seq: number }>()?.seq ?? 0) + 1,
    waiting: (topic: Topic, from: number): number =>
      countFrom.get<{ readonly waiting: number }>(topic.topic, from)?.waiting ?? 0,
  };
};

export type RecordReader = ReturnType<typeof createRecordReader>;
