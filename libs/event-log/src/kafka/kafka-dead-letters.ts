import { randomUUID } from 'node:crypto';
import kafkajs, { Partitioners, type Producer } from 'kafkajs';
import type { DeadLetters, ParkedKey } from '../dead-letters.ts';
import {
  EventLogError,
  type LogRecord,
  type Positions,
  type SubscribeOptions,
  type Subscription,
} from '../event-log.ts';
import type { Logger } from '../logger.ts';
import {
  createLetterTable,
  deadLettersTopic,
  encodeLetter,
  encodeRemoval,
  encodeReplayEnd,
  encodeReplayRequest,
  type ReplayRequest,
  replayRequestIn,
} from './dead-letter-records.ts';
import { createKafkaClient, type KafkaClient } from './kafka-client.ts';
import { reported, within } from './kafka-errors.ts';
import type { KafkaConnectionOptions } from './kafka-options.ts';
import { toMessage } from './kafka-writer.ts';

export interface KafkaDeadLettersDeps {
  readonly connection: KafkaConnectionOptions;
  readonly prefix: string;
  readonly logger: Logger;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Whether this process now reads the partition for the consumer. */
  reads(consumer: string, topic: string, partition: number): boolean;
}

/** Dead letters that every process of the cluster sees. */
export interface KafkaDeadLetters extends DeadLetters {
  /**
   * Asks whoever runs the consumer, and has the partition of the key's letters, to replay the key. Resolves when the request is
   * on the topic; that it was done shows in `letters`. A process that starts later does not see it.
   */
  requestReplay(consumer: string, key: string): Promise<void>;
  /** Calls `replay` for requests that are this process's to answer; returns how to stop that. */
  onReplayRequested(replay: (request: ReplayRequest) => Promise<unknown>): () => void;
}

const refreshMs = 10_000;
/** Letters per request, a large one alone. */
const requestRecords = 200;
const requestCharacters = 400_000;

const slices = (records: readonly LogRecord[]): readonly (readonly LogRecord[])[] => {
  const made: LogRecord[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const length = record.key.length + (record.value?.length ?? 0);
    const last = made.at(-1);
    if (last === undefined || last.length >= requestRecords || characters + length > requestCharacters) {
      made.push([record]);
      characters = length;
    } else {
      last.push(record);
      characters += length;
    }
  }
  return made;
};

/**
 * Dead letters on a compacted topic that every process reads whole, so that all of them know the same keys as parked. What is
 * written counts when it was read back. `refresh` is awaited before records of newly assigned partitions are handled: a key that
 * another member has parked is known by then.
 */
export const createKafkaDeadLetters = (deps: KafkaDeadLettersDeps) => {
  const { connection, prefix, logger } = deps;
  const table = createLetterTable();
  let positions: Positions = {};
  let reading: Promise<Subscription> | undefined;
  let writing: Promise<{ readonly client: KafkaClient; readonly producer: Producer }> | undefined;
  let closed = false;
  /** Requests from before this process are not for it. */
  let isLoaded = false;
  const replays = new Set<(request: ReplayRequest) => Promise<unknown>>();

  const answer = async (request: ReplayRequest): Promise<void> => {
    const { consumer, key } = request;
    const [first] = table.ofKey(consumer, key);
    if (first === undefined || !deps.reads(consumer, first.record.topic, first.record.partition)) return;
    try {
      for (const replay of replays) await replay(request);
      await write([encodeReplayEnd(request)]);
    } catch (error) {
      logger.warn({ consumer, key, err: error }, 'parked key was not replayed');
    }
  };

  const startReading = (): Promise<Subscription> =>
    deps.subscribe({
      // Nobody shares it: every process reads everything.
      group: `gatehouse-dead-letters-${randomUUID()}`,
      topics: [deadLettersTopic.name],
      positions: async () => positions,
      async handle({ topic, partition, records, next }) {
        for (const record of records) {
          table.take(record);
          const request = isLoaded && replays.size > 0 ? replayRequestIn(record) : undefined;
          // Not awaited: a replay writes letters, and waits until they are read here.
          if (request !== undefined) void answer(request);
        }
        positions = { [topic]: { [partition]: next } };
      },
      async onGap() {
        table.clear();
        positions = {};
      },
    });

  const refresh = async (): Promise<void> => {
    if (closed) throw new EventLogError('closed', 'the event log is closed');
    const mine = reading ?? startReading();
    reading = mine;
    try {
      await (await mine).caughtUp(refreshMs);
      isLoaded = true;
    } catch (error) {
      // A subscription that did not come about is tried again; one that is slow goes on.
      mine.catch(() => {
        if (reading === mine) reading = undefined;
      });
      throw error;
    }
  };

  const openProducer = async () => {
    const client = createKafkaClient(connection, logger);
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 500, retries: 10 },
    });
    try {
      await within(client.timing.appendMs, 'opening the writer of dead letters', producer.connect());
      return { client, producer };
    } catch (error) {
      await client.end(() => producer.disconnect());
      throw error;
    }
  };

  const write = async (records: readonly LogRecord[]): Promise<void> => {
    const mine = writing ?? openProducer();
    writing = mine;
    try {
      await reported('writing dead letters', async () => {
        const { client, producer } = await mine;
        for (const slice of slices(records)) {
          const send = producer.send({
            topic: `${prefix}${deadLettersTopic.name}`,
            acks: -1,
            compression: kafkajs.CompressionTypes.None,
            messages: slice.map(toMessage),
          });
          await within(client.timing.appendMs, 'writing dead letters', send);
        }
      });
    } catch (error) {
      // The same letters come again, and the same keys: repeating them changes nothing.
      if (writing === mine) writing = undefined;
      mine.then(({ client, producer }) => client.end(() => producer.disconnect())).catch(() => undefined);
      throw error;
    }
    await refresh();
  };

  const port: KafkaDeadLetters = {
    async park(letters) {
      await refresh();
      const fresh = letters.filter((letter) => !table.has(letter));
      if (fresh.length > 0) await write(fresh.flatMap(encodeLetter));
    },
    async parkedAmong(consumer, keys) {
      if (reading === undefined) await refresh();
      return new Set(keys.filter((key) => table.isParked(consumer, key)));
    },
    async list({ consumer, key, limit }) {
      await refresh();
      const found = new Map<string, ParkedKey>();
      for (const { consumer: of, record, reason, parkedAt } of table.all()) {
        if ((consumer ?? of) !== of || (key ?? record.key) !== record.key) continue;
        const name = JSON.stringify([of, record.key]);
        const known = found.get(name) ?? { consumer: of, key: record.key, letters: 0, reason, parkedAt };
        found.set(name, { ...known, letters: known.letters + 1 });
      }
      return [...found.values()].slice(0, limit);
    },
    async letters(consumer, key, limit) {
      await refresh();
      return table.ofKey(consumer, key).slice(0, limit);
    },
    async remove(letter) {
      await refresh();
      if (table.has(letter)) await write(encodeRemoval(letter));
    },
    async drop(consumer, key) {
      await refresh();
      const letters = table.ofKey(consumer, key);
      if (letters.length > 0) await write(letters.flatMap(encodeRemoval));
      return letters.length;
    },
    requestReplay: (consumer, key) => write([encodeReplayRequest({ consumer, key })]),
    onReplayRequested(replay) {
      replays.add(replay);
      refresh().catch(() => undefined);
      return () => replays.delete(replay);
    },
  };

  return {
    port,
    refresh,
    async close(): Promise<void> {
      closed = true;
      const [subscription, writer] = await Promise.allSettled([reading, writing]);
      if (subscription.status === 'fulfilled') await subscription.value?.close();
      if (writer.status === 'fulfilled' && writer.value !== undefined) {
        const { client, producer } = writer.value;
        await client.end(() => producer.disconnect());
      }
    },
  };
};
