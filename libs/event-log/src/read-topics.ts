import { randomUUID } from 'node:crypto';
import type { EventLog, StoredRecord } from './event-log.ts';

export interface ReadTopicsOptions {
  readonly topics: readonly string[];
  /** Only records of this key. */
  readonly key?: string | undefined;
  /** How long reading what is there may take. */
  readonly timeoutMs: number;
  /** Called in the order of each partition. */
  onRecord(record: StoredRecord): void;
  /** Goes on after the end of now until this is aborted. */
  readonly follow?: AbortSignal | undefined;
  /** Everything that was there at the start has been read. */
  onEnd?(): void;
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/**
 * Reads topics from their start, for people and checks: under a group of its own, without saving positions. Returns how many
 * records it gave to `onRecord`.
 * @throws EventLogError `topic_mismatch`, `log_unavailable`, `timeout`
 */
export const readTopics = async (log: EventLog, options: ReadTopicsOptions): Promise<number> => {
  const { topics, key, timeoutMs, follow } = options;
  const read: Record<string, Record<number, number>> = {};
  let given = 0;
  const subscription = await log.subscribe({
    group: `gatehouse-reader-${randomUUID()}`,
    topics,
    positions: async () => structuredClone(read),
    async handle({ topic, partition, records, next }) {
      for (const record of records) {
        if (key !== undefined && record.key !== key) continue;
        given += 1;
        options.onRecord(record);
      }
      read[topic] = { ...read[topic], [partition]: next };
    },
  });
  try {
    await subscription.caughtUp(timeoutMs);
    options.onEnd?.();
    if (follow !== undefined) await untilAborted(follow);
    return given;
  } finally {
    await subscription.close();
  }
};
