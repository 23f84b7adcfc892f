import { EventLogError, type SubscribeOptions } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { type Backoff, backoffMs, createSleeper, sleepThrough } from '../pause.ts';
import { partition, type RecordReader, type Topic } from './records.ts';
import { unavailable } from './sqlite-errors.ts';

const retry: Backoff = { firstMs: 100, mostMs: 5_000 };

/** A net only: whoever appends in this process wakes the readers. */
const pollMs = 1_000;

interface Waiter {
  readonly end: number;
  resolve(): void;
  reject(error: EventLogError): void;
}

/** One member's reading of one topic: a loop that hands out one batch at a time. */
export interface TopicReading {
  readonly topic: string;
  /** The next offset to be handled; undefined until positions were read. */
  readonly position: number | undefined;
  wake(): void;
  lag(): number;
  /** Resolves when everything before the end of now has been handled. */
  reached(): Promise<void>;
  stop(): Promise<void>;
}

const betweenBatches = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Starts reading at the position that the subscriber has saved. */
export const createTopicReading = (
  reader: RecordReader,
  name: string,
  options: SubscribeOptions,
  host: { readonly random: () => number; readonly logger: Logger | undefined },
): TopicReading => {
  const sleeper = createSleeper();
  let position: number | undefined;
  let failures = 0;
  let stopped = false;
  let waiters: readonly Waiter[] = [];

  const topicNow = (): Topic => {
    const topic = unavailable(() => reader.topic(name));
    if (topic === undefined) throw new EventLogError('topic_mismatch', `there is no topic ${name}`);
    return topic;
  };

  const isOutOfRange = (topic: Topic, at: number): boolean => at < topic.complete_from || at > reader.endOfLog();

  const savedPosition = async (): Promise<number | undefined> => (await options.positions())[name]?.[partition];

  const startingPosition = async (): Promise<number> => {
    const topic = topicNow();
    const saved = await savedPosition();
    // A position that is absent asks for what there is: nothing was missed.
    if (saved === undefined) return 0;
    if (!isOutOfRange(topic, saved)) return saved;
    await options.onGap?.({ topic: name, partition, position: saved });
    const again = await savedPosition();
    return again === undefined || isOutOfRange(topic, again) ? 0 : again;
  };

  const settleWaiters = (): void => {
    const at = position ?? 0;
    for (const waiter of waiters) if (waiter.end <= at) waiter.resolve();
    waiters = waiters.filter((waiter) => waiter.end > at);
  };

  /** Handles the next batch; false when there was none. */
  const step = async (): Promise<boolean> => {
    position ??= await startingPosition();
    const topic = topicNow();
    const endOfLog = unavailable(() => reader.endOfLog());
    const from = position;
    const records = unavailable(() => reader.read(topic, from));
    const last = records.at(-1);
    if (last === undefined) {
      // What lay between was compacted or belongs to other topics.
      position = Math.max(position, endOfLog);
      settleWaiters();
      return false;
    }
    const next = last.offset + 1;
    await options.handle({ topic: name, partition, records, next });
    position = next;
    settleWaiters();
    return true;
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        const handled = await step();
        failures = 0;
        if (handled) await betweenBatches();
        else await sleeper.sleep(pollMs);
      } catch (error) {
        failures += 1;
        host.logger?.warn(
          { group: options.group, topic: name, failures, err: error },
          'batch was not handled, it comes again',
        );
        await sleepThrough(sleeper, backoffMs(retry, failures, host.random()), () => stopped);
      }
    }
    for (const waiter of waiters) waiter.reject(new EventLogError('closed', 'the subscription is closed'));
    waiters = [];
  };
  const running = run();

  return {
    topic: name,
    get position() {
      return position;
    },
    wake: sleeper.wake,
    lag: () => unavailable(() => reader.waiting(topicNow(), position ?? 0)),
    reached() {
      const end = unavailable(() => reader.endOf(topicNow()));
      if (stopped) return Promise.reject(new EventLogError('closed', 'the subscription is closed'));
      if (position !== undefined && end <= position) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiters = [...waiters, { end, resolve, reject }];
        sleeper.wake();
      });
    },
    async stop() {
      stopped = true;
      sleeper.wake();
      await running;
    },
  };
};
