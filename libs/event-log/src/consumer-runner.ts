import type { Clock } from '@gatehouse/contracts';
import { decodeRecord } from './codec.ts';
import type { Consumer, Message, MessageBatch } from './consumer.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import { type EventLog, EventLogError, type RecordBatch, type StoredRecord, type Subscription } from './event-log.ts';
import { errorCode, type Logger } from './logger.ts';
import { type ConsumerMetrics, noConsumerMetrics } from './metrics.ts';
import { type Backoff, backoffMs, createSleeper, type Sleeper, sleepThrough } from './pause.ts';
import { createSequenceWatch } from './sequence-watch.ts';

export interface ConsumerRunnerDeps {
  readonly consumer: Consumer;
  readonly log: EventLog;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics?: ConsumerMetrics | undefined;
  readonly clock: Clock;
  readonly retry?: Partial<ConsumerRetry> | undefined;
  /** 0 up to 1; spreads retries. */
  readonly random?: (() => number) | undefined;
}

export interface ConsumerRetry extends Backoff {
  /** Attempts at a batch before its messages are tried one by one, and at one message before its key is parked. */
  readonly attempts: number;
  /** Whether the error says that something is down, so that no message is to blame and waiting helps. */
  isOutage(error: unknown): boolean;
}

export interface ReplayOutcome {
  readonly applied: number;
  /** Letters of the key that are still parked; 0 when it goes on as usual. */
  readonly left: number;
  /** Why the next one could not be applied. */
  readonly reason?: string;
}

export interface ConsumerRunner {
  start(): Promise<void>;
  /** See `Subscription`. @throws EventLogError `timeout`, `closed` */
  caughtUp(timeoutMs: number): Promise<void>;
  lag(): Promise<number>;
  /** Applies the parked letters of a key in their order; stops at the first that cannot be applied. */
  replay(key: string): Promise<ReplayOutcome>;
  /** Resolves when the batch in hand is done, or given up for the next start. Idempotent. */
  close(): Promise<void>;
}

/** What stores, logs and services say of themselves, not of a message. */
const outageCodes: ReadonlySet<string> = new Set([
  ...['store_unavailable', 'outbox_full', 'state_unavailable', 'log_unavailable', 'upstream_unavailable'],
  ...['full', 'read_only', 'busy', 'io', 'corrupt', 'closed', 'not_ready', 'storage_unavailable', 'timeout'],
]);

const usualRetry: ConsumerRetry = {
  attempts: 4,
  firstMs: 50,
  mostMs: 10_000,
  isOutage: (error) => outageCodes.has(errorCode(error)),
};

const behind = 'waits behind an earlier record of this key';

const reasonOf = (error: unknown): string =>
  `${errorCode(error)}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);

type Readable = { readonly message: Message; readonly stored: StoredRecord };

/** What is to be done with a batch before anything was tried. */
interface Sorted {
  readonly readable: readonly Readable[];
  readonly letters: readonly DeadLetter[];
  readonly unknown: number;
}

/**
 * Runs one consumer over the log: decodes and checks records, passes over unknown types, applies the rest. When `apply`
 * rejects, it is repeated in place (that partition waits, the others go on); when it keeps rejecting, the messages are
 * applied one by one, and the key of the one that cannot be applied is parked: that record and all later ones of its key
 * become dead letters, everything else goes on. While something is down, nothing is parked and the partition waits.
 */
export const createConsumerRunner = (deps: ConsumerRunnerDeps): ConsumerRunner => {
  const { consumer, log, deadLetters, logger, metrics = noConsumerMetrics, clock, random = Math.random } = deps;
  const retry: ConsumerRetry = { ...usualRetry, ...deps.retry };
  const sequences = createSequenceWatch();
  const sleepers = new Set<Sleeper>();
  const turns = new Map<string, Promise<unknown>>();
  let stopped = false;
  let subscription: Subscription | undefined;

  const isStopped = (): boolean => stopped;

  const letter = (record: StoredRecord, reason: string): DeadLetter => ({
    consumer: consumer.name,
    record,
    reason,
    parkedAt: clock.now(),
  });

  /** One at a time per partition: a batch and a replay would save each other's positions. */
  const inTurn = async <T>(topic: string, partition: number, work: () => Promise<T>): Promise<T> => {
    const name = `${topic}/${partition}`;
    const mine = (turns.get(name) ?? Promise.resolve()).then(work, work);
    const settled = mine.catch(() => undefined);
    turns.set(name, settled);
    return mine;
  };

  const pauseAfter = async (topic: string, error: unknown, failures: number): Promise<void> => {
    const code = errorCode(error);
    metrics.failed(consumer.name, topic, code);
    logger.warn({ consumer: consumer.name, topic, code, failures, err: error }, 'batch was not applied');
    const sleeper = createSleeper();
    sleepers.add(sleeper);
    await sleepThrough(sleeper, backoffMs(retry, failures, random()), isStopped);
    sleepers.delete(sleeper);
    if (stopped) throw new EventLogError('closed', 'the consumer is closed', { cause: error });
  };

  const park = async (topic: string, letters: readonly DeadLetter[]): Promise<void> => {
    if (letters.length === 0) return;
    await consumer.onParked?.([...new Set(letters.map(({ record }) => record.key))]);
    await deadLetters.park(letters);
    metrics.parked(consumer.name, topic, letters.length);
    for (const { record, reason } of letters) {
      if (reason === behind) continue;
      const { key, offset } = record;
      logger.error({ consumer: consumer.name, topic, key, offset, reason }, 'key was parked');
    }
  };

  const sort = async (records: readonly StoredRecord[]): Promise<Sorted> => {
    const keys = [...new Set(records.map((record) => record.key))];
    const parked = new Set(await deadLetters.parkedAmong(consumer.name, keys));
    const readable: Readable[] = [];
    const letters: DeadLetter[] = [];
    let unknown = 0;
    for (const stored of records) {
      if (parked.has(stored.key)) {
        letters.push(letter(stored, behind));
        continue;
      }
      const message = decodeRecord(stored);
      if (message.kind === 'unknown') unknown += 1;
      else if (message.kind === 'malformed') {
        parked.add(stored.key);
        letters.push(letter(stored, `malformed: ${message.reason}`));
      } else readable.push({ message, stored });
    }
    return { readable, letters, unknown };
  };

  const noticeApplied = (topic: string, messages: readonly Message[]): void => {
    if (messages.length > 0) metrics.applied(consumer.name, topic, messages.length);
    for (const message of messages) {
      const gap = sequences.see(message);
      if (gap === undefined) continue;
      metrics.sequenceGap(consumer.name, topic);
      logger.warn({ consumer: consumer.name, topic, key: message.key, ...gap }, 'facts are missing before this one');
    }
  };

  /** Whether the consumer can write at all: saving a position alone is a batch without messages. */
  const canWrite = async (topic: string, partition: number, next: number): Promise<boolean> => {
    try {
      await consumer.apply({ topic, partition, messages: [], next });
      return true;
    } catch {
      return false;
    }
  };

  /** Tries one message until it is applied, or until it must be to blame; then returns why. */
  const applyOne = async ({ message }: Readable): Promise<string | undefined> => {
    const { topic, partition, offset } = message;
    for (let failures = 1; ; failures++) {
      try {
        await consumer.apply({ topic, partition, messages: [message], next: offset + 1 });
        noticeApplied(topic, [message]);
        return undefined;
      } catch (error) {
        const isToBlame = failures >= retry.attempts && !retry.isOutage(error);
        if (isToBlame && (await canWrite(topic, partition, offset))) {
          metrics.failed(consumer.name, topic, errorCode(error));
          return reasonOf(error);
        }
        await pauseAfter(topic, error, failures);
      }
    }
  };

  const applyOneByOne = async (readable: readonly Readable[]): Promise<void> => {
    const parked = new Set<string>();
    for (const one of readable) {
      const { key, topic } = one.message;
      const reason = parked.has(key) ? behind : await applyOne(one);
      if (reason === undefined) continue;
      parked.add(key);
      await park(topic, [letter(one.stored, reason)]);
    }
  };

  /** False when the batch keeps being rejected though nothing is down. */
  const applyTogether = async (batch: MessageBatch): Promise<boolean> => {
    for (let failures = 1; ; failures++) {
      try {
        await consumer.apply(batch);
        return true;
      } catch (error) {
        if (failures >= retry.attempts && !retry.isOutage(error)) return false;
        await pauseAfter(batch.topic, error, failures);
      }
    }
  };

  const handle = async ({ topic, partition, records, next }: RecordBatch): Promise<void> => {
    const { readable, letters, unknown } = await sort(records);
    // Letters first: a position must never pass a record that was neither applied nor parked.
    await park(topic, letters);
    const messages = readable.map(({ message }) => message);
    if (await applyTogether({ topic, partition, messages, next })) noticeApplied(topic, messages);
    else {
      await applyOneByOne(readable);
      await consumer.apply({ topic, partition, messages: [], next });
    }
    if (unknown > 0) metrics.unknown(consumer.name, topic, unknown);
  };

  /** Applies one letter without moving the saved position. */
  const applyLetter = async (dead: DeadLetter): Promise<string | undefined> => {
    const { topic, partition, offset } = dead.record;
    const message = decodeRecord(dead.record);
    if (message.kind === 'malformed') return `malformed: ${message.reason}`;
    if (message.kind === 'unknown') {
      metrics.unknown(consumer.name, topic, 1);
      return undefined;
    }
    try {
      const next = (await consumer.positions())[topic]?.[partition] ?? offset;
      await consumer.apply({ topic, partition, messages: [message], next });
      noticeApplied(topic, [message]);
      return undefined;
    } catch (error) {
      metrics.failed(consumer.name, topic, errorCode(error));
      return reasonOf(error);
    }
  };

  const lettersLeft = async (key: string): Promise<number> => {
    const [parked] = await deadLetters.list({ consumer: consumer.name, key, limit: 1 });
    return parked?.letters ?? 0;
  };

  return {
    async start() {
      subscription ??= await log.subscribe({
        group: consumer.name,
        topics: consumer.topics,
        positions: () => consumer.positions(),
        handle: (batch) => inTurn(batch.topic, batch.partition, () => handle(batch)),
        async onGap(gap) {
          metrics.logGap(consumer.name, gap.topic);
          logger.error({ consumer: consumer.name, ...gap }, 'records were deleted before they were read');
          await consumer.onGap?.(gap);
        },
      });
    },
    async caughtUp(timeoutMs) {
      if (subscription === undefined) throw new EventLogError('closed', 'the consumer was not started');
      await subscription.caughtUp(timeoutMs);
    },
    async lag() {
      return (await subscription?.lag()) ?? 0;
    },
    async replay(key) {
      let applied = 0;
      for (;;) {
        const [dead] = await deadLetters.letters(consumer.name, key, 1);
        if (dead === undefined) return { applied, left: 0 };
        const { topic, partition } = dead.record;
        const reason = await inTurn(topic, partition, async () => {
          const failed = await applyLetter(dead);
          if (failed === undefined) await deadLetters.remove(dead);
          return failed;
        });
        if (reason !== undefined) return { applied, left: await lettersLeft(key), reason };
        applied += 1;
      }
    },
    async close() {
      stopped = true;
      for (const sleeper of sleepers) sleeper.wake();
      await subscription?.close();
    },
  };
};
