import kafkajs, { type Message, Partitioners, type Producer, type Transaction } from 'kafkajs';
import { EventLogError, type EventWriter, type LogRecord } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { createKafkaClient } from './kafka-client.ts';
import { toEventLogError, within } from './kafka-errors.ts';
import type { KafkaConnectionOptions } from './kafka-options.ts';

/** Bytes of a record that a topic takes; `max.message.bytes` leaves room for the framing. */
export const mostRecordBytes = 1_000_000;

/** Bytes of one request: what goes to one partition in it becomes one batch, which `max.message.bytes` bounds too. */
const requestBytes = 900_000;

export interface WriterDeps {
  readonly connection: KafkaConnectionOptions;
  readonly prefix: string;
  readonly logger: Logger;
  /** @throws EventLogError `topic_mismatch` */
  mustBeThere(topics: readonly string[]): Promise<void>;
}

export const recordBytes = ({ key, value, headers }: LogRecord): number =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text),
    Buffer.byteLength(key) + Buffer.byteLength(value ?? ''),
  );

/** In order, each slice of at most `requestBytes` unless a single record is larger. */
const slices = (records: readonly LogRecord[]): readonly (readonly LogRecord[])[] => {
  const made: LogRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = recordBytes(record) + 100;
    if (bytes + size > requestBytes) {
      made.push([]);
      bytes = 0;
    }
    made.at(-1)?.push(record);
    bytes += size;
  }
  return made;
};

export const toMessage = ({ key, value, headers }: LogRecord): Message => ({
  key,
  value: value ?? null,
  headers: { ...headers },
});

const refuseTooLarge = (records: readonly LogRecord[]): void => {
  for (const record of records) {
    const bytes = recordBytes(record);
    if (bytes <= mostRecordBytes) continue;
    const text = `a record of ${bytes} bytes for ${record.topic}; ${mostRecordBytes} is the most`;
    throw new EventLogError('record_too_large', text);
  }
};

/**
 * A writer whose appends are transactions under one `transactional.id`. Opening initialises that id, by which the broker
 * fences whoever had it and ends what he left open. When the outcome of an append is unknown, this writer ends itself for good
 * (`writer_fenced` from then on): only opening the name anew, with the right to do so, tells what became of it.
 */
export const openKafkaWriter = async (name: string, deps: WriterDeps): Promise<EventWriter> => {
  const { prefix, logger } = deps;
  const client = createKafkaClient(deps.connection, logger);
  const { timing } = client;
  const producer: Producer = client.kafka.producer({
    transactionalId: `${prefix}${name}`,
    transactionTimeout: timing.transactionMs,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    // A transaction that follows at once finds the former one's markers still being written (CONCURRENT_TRANSACTIONS).
    retry: { initialRetryTime: 5, multiplier: 1.6, factor: 0.2, maxRetryTime: 500, retries: 30 },
  });
  const disconnect = (): Promise<void> => client.end(() => producer.disconnect());

  const open = async (): Promise<void> => {
    await producer.connect();
    // kafkajs initialises the transactional id with the first transaction.
    await (await producer.transaction()).abort();
  };
  try {
    await within(timing.appendMs, `opening writer ${name}`, open());
  } catch (error) {
    await disconnect();
    throw toEventLogError(error, `opening writer ${name}`);
  }

  let state: 'open' | 'fenced' | 'closed' = 'open';
  let turn: Promise<unknown> = Promise.resolve();

  const endForGood = async (): Promise<void> => {
    if (state === 'open') state = 'fenced';
    await disconnect();
  };

  const sendAll = async (transaction: Transaction, records: readonly LogRecord[]): Promise<void> => {
    for (const slice of slices(records)) {
      const byTopic = Map.groupBy(slice, ({ topic }) => topic);
      const topicMessages = [...byTopic].map(([topic, of]) => ({
        topic: `${prefix}${topic}`,
        messages: of.map(toMessage),
      }));
      await transaction.sendBatch({ acks: -1, compression: kafkajs.CompressionTypes.None, topicMessages });
    }
  };

  const commit = async (records: readonly LogRecord[]): Promise<void> => {
    const doing = `appending as ${name}`;
    const until = performance.now() + timing.appendMs;
    const left = (): number => Math.max(1, until - performance.now());
    let transaction: Transaction | undefined;
    try {
      transaction = await within(left(), doing, producer.transaction());
      await within(left(), doing, sendAll(transaction, records));
    } catch (error) {
      const reason = toEventLogError(error, doing);
      const isOver = reason.code === 'writer_fenced' || transaction === undefined;
      try {
        if (isOver) await endForGood();
        else await within(timing.requestMs, doing, transaction?.abort() ?? Promise.resolve());
      } catch {
        await endForGood();
      }
      throw reason;
    }
    try {
      await within(left(), doing, transaction.commit());
    } catch (error) {
      await endForGood();
      throw toEventLogError(error, doing);
    }
  };

  return {
    append(records) {
      const mine = turn.then(async () => {
        if (state === 'closed') throw new EventLogError('closed', `writer ${name} is closed`);
        if (state === 'fenced') {
          throw new EventLogError('writer_fenced', `writer ${name} is over, it must be opened again`);
        }
        if (records.length === 0) return;
        refuseTooLarge(records);
        await deps.mustBeThere([...new Set(records.map(({ topic }) => topic))]);
        await commit(records);
      });
      turn = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      if (state === 'closed') return;
      state = 'closed';
      await turn;
      await disconnect();
    },
  };
};
