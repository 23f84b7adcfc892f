import { type Clock, createIds, type Ids, type TopicDefinition } from '@gatehouse/contracts';
import { openDatabase } from '@gatehouse/sqlite';
import type { DeadLetters } from '../dead-letters.ts';
import {
  type EventLog,
  EventLogError,
  type EventWriter,
  type LogRecord,
  type SubscribeOptions,
  type Subscription,
} from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { createMaintenance } from './maintenance.ts';
import { createReaders } from './readers.ts';
import { createRecordReader, type Topic } from './records.ts';
import { migrations } from './schema.ts';
import { sqliteDeadLetters } from './sqlite-dead-letters.ts';
import { unavailable } from './sqlite-errors.ts';

/** The same bound as a Kafka broker sets by default (`message.max.bytes`, with room for its framing), in bytes. */
export const mostRecordBytes = 1_000_000;

export interface SqliteEventLogOptions {
  /** A file of its own, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  /** Names the log and its topics at their making. */
  readonly ids?: Ids;
  /** Told of batches that were not handled. */
  readonly logger?: Logger;
}

export interface SqliteEventLog extends EventLog {
  readonly deadLetters: DeadLetters;
}

/**
 * The event log of one process in one file: every commit is on disk when `append` resolves, readers are woken at once.
 * Each topic is one partition.
 * @throws SqliteError when the file cannot be opened or was written by a newer version
 */
export const sqliteEventLog = ({
  path,
  clock,
  ids = createIds(clock),
  logger,
}: SqliteEventLogOptions): SqliteEventLog => {
  const database = openDatabase(path, { synchronous: 'full', migrations });
  const reader = createRecordReader(database);
  const readers = createReaders(reader, logger);
  const maintain = createMaintenance(database, clock, readers.handledUpTo);

  const logIdRow = database.prepare('SELECT log_id FROM log');
  const insertLogId = database.prepare('INSERT INTO log (log_id) VALUES (?)');
  const insertTopic = database.prepare(
    'INSERT INTO topics (name, topic_id, compacted, retention_ms) VALUES (?, ?, ?, ?)',
  );
  const updateRetention = database.prepare('UPDATE topics SET retention_ms = ? WHERE name = ?');
  const insertRecord = database.prepare(
    'INSERT INTO records (topic, compacted, key, headers, value, appended_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const epochOf = database.prepare('SELECT epoch FROM writers WHERE name = ?');
  const nextEpoch = database.prepare(`
    INSERT INTO writers (name, epoch) VALUES (?, 1)
    ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1 RETURNING epoch`);

  const logId = database.transaction(() => {
    const known = logIdRow.get<{ readonly log_id: string }>();
    if (known !== undefined) return known.log_id;
    const made = ids.secret(16);
    insertLogId.run(made);
    return made;
  });

  const ensureTopic = ({ name, cleanup, retentionMs }: TopicDefinition): void => {
    const known = reader.topic(name);
    const compacted = cleanup === 'compact' ? 1 : 0;
    if (known === undefined) insertTopic.run(name, ids.secret(16), compacted, retentionMs);
    else if (known.compacted !== compacted) {
      throw new EventLogError('topic_mismatch', `topic ${name} is there, but its cleanup is not ${cleanup}`);
    } else if (known.retention_ms !== retentionMs) updateRetention.run(retentionMs, name);
  };

  const topicNamed = (name: string): Topic => {
    const topic = reader.topic(name);
    if (topic === undefined) throw new EventLogError('topic_mismatch', `there is no topic ${name}`);
    return topic;
  };

  const insert = ({ topic: name, key, value, headers }: LogRecord, now: number): void => {
    const topic = topicNamed(name);
    const headerText = JSON.stringify(headers);
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(headerText) + Buffer.byteLength(value ?? '');
    if (bytes > mostRecordBytes) {
      throw new EventLogError(
        'record_too_large',
        `a record of ${bytes} bytes for ${name}; ${mostRecordBytes} is the most`,
      );
    }
    insertRecord.run(topic.topic, topic.compacted, key, headerText, value ?? null, now);
  };

  const createWriter = (name: string, epoch: number): EventWriter => {
    let closed = false;
    return {
      async append(records) {
        if (closed) throw new EventLogError('closed', `writer ${name} is closed`);
        if (records.length === 0) return;
        unavailable(() =>
          database.transaction(() => {
            if (epochOf.get<{ readonly epoch: number }>(name)?.epoch !== epoch) {
              throw new EventLogError('writer_fenced', `a later writer has taken the name ${name}`);
            }
            const now = clock.now();
            for (const record of records) insert(record, now);
          }),
        );
        readers.wake(new Set(records.map((record) => record.topic)));
      },
      async close() {
        closed = true;
      },
    };
  };

  return {
    deadLetters: sqliteDeadLetters(database),
    async ensureTopics(definitions) {
      unavailable(() => database.transaction(() => definitions.forEach(ensureTopic)));
    },
    async openWriter(name) {
      const row = unavailable(() => database.transaction(() => nextEpoch.get<{ readonly epoch: number }>(name)));
      return createWriter(name, row?.epoch ?? 0);
    },
    async subscribe(options: SubscribeOptions): Promise<Subscription> {
      unavailable(() => options.topics.forEach(topicNamed));
      return readers.subscribe(options);
    },
    async identity(names) {
      return unavailable(() => {
        const known = names.map((name) => reader.topic(name)).filter((topic) => topic !== undefined);
        return { logId, topicIds: Object.fromEntries(known.map(({ name, topic_id }) => [name, topic_id])) };
      });
    },
    async maintain() {
      try {
        await maintain();
      } catch (error) {
        unavailable(() => {
          throw error;
        });
      }
    },
    async close() {
      await readers.close();
      database.close();
    },
  };
};
