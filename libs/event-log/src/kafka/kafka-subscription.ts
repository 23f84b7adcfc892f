import { setTimeout as delay } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import type { RecordBatch, SubscribeOptions, Subscription } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { type Backoff, backoffMs, createSleeper, type Sleeper, sleepThrough } from '../pause.ts';
import type { Assignment } from './assigner.ts';
import { createCatchUp } from './catch-up.ts';
import type { KafkaCluster } from './cluster.ts';
import { type ConsumerSession, rejoin, startConsumerSession } from './consumer-session.ts';
import type { KafkaMetrics, RestartReason } from './kafka-metrics.ts';
import { type KafkaConnectionOptions, usualTiming } from './kafka-options.ts';
import { type Lane, newLane } from './lanes.ts';
import { toStoredRecord } from './messages.ts';
import { createPlacing } from './placing.ts';

const retry: Backoff = { firstMs: 100, mostMs: 5_000 };
const restart: Backoff = { firstMs: 200, mostMs: 10_000 };

const commitEveryMs = 1_000;

export interface SubscriptionDeps {
  readonly connection: KafkaConnectionOptions;
  readonly prefix: string;
  readonly cluster: KafkaCluster;
  readonly logger: Logger;
  readonly metrics: KafkaMetrics;
  /** Over all topics. */
  readonly partitions: number;
  /** Settles what must be known before records of new partitions are handled. */
  readonly beforeReading?: (() => Promise<void>) | undefined;
}

export interface KafkaSubscription extends Subscription {
  /** Whether this member has the partition now. */
  reads(topic: string, partition: number): boolean;
}

/**
 * One member of a consumer group. Positions are the subscriber's own: they are asked whenever partitions are assigned, and
 * what is committed to the group only tells other members how far this one is. Each partition is a lane with at most one batch
 * in hand; a batch that takes long, or is retried, has its partition paused, so that fetching, heartbeats and the other
 * partitions go on. A rebalance never takes a partition from a member that has a batch of it in hand (see `holdingAssigner`).
 */
export const createKafkaSubscription = (options: SubscribeOptions, deps: SubscriptionDeps): KafkaSubscription => {
  const { prefix, cluster, logger, metrics } = deps;
  const timing = { ...usualTiming, ...deps.connection.timing };
  const group = `${prefix}${options.group}`;
  const physical = options.topics.map((topic) => `${prefix}${topic}`);
  const lanes = new Map<string, Lane>();
  const sleepers = new Set<Sleeper>();
  let session: ConsumerSession | undefined;
  let closing = false;
  let progressed = Promise.withResolvers<void>();
  /** When this member, as the leader, has the partitions spread anew, because some stayed where work was in hand. */
  let spreadAt: number | undefined;
  let spreadAttempts = 0;

  const laneOf = (topic: string, partition: number): Lane | undefined => lanes.get(`${topic}/${partition}`);
  const assignedLanes = (): readonly Lane[] => [...lanes.values()].filter(({ assigned }) => assigned);
  const isOver = (lane: Lane, turn: number): boolean => closing || !lane.assigned || lane.turn !== turn;

  const progress = (): void => {
    progressed.resolve();
    progressed = Promise.withResolvers();
  };

  const pauseUnless = async (ms: number, isDone: () => boolean): Promise<void> => {
    const sleeper = createSleeper();
    sleepers.add(sleeper);
    await sleepThrough(sleeper, ms, isDone);
    sleepers.delete(sleeper);
  };

  const held = (): Assignment => {
    const busy = [...lanes.values()].filter(({ state }) => state === 'busy');
    const byTopic = Map.groupBy(busy, ({ topic }) => `${prefix}${topic}`);
    return Object.fromEntries([...byTopic].map(([topic, of]) => [topic, of.map(({ partition }) => partition)]));
  };

  const readyAt = (lane: Lane, position: number): void => {
    lane.position = position;
    lane.state = 'ready';
    session?.resumeAt(`${prefix}${lane.topic}`, lane.partition, position);
    progress();
  };

  const { prepare, recheck } = createPlacing({
    options,
    prefix,
    physical,
    cluster,
    logger,
    beforeReading: deps.beforeReading,
    assigned: assignedLanes,
    isOver,
    isClosing: () => closing,
    sleep: pauseUnless,
    pause: ({ topic, partition }) => session?.pause(`${prefix}${topic}`, [partition]),
    readyAt,
  });

  const onJoined = (assignment: Assignment): void => {
    metrics.rebalanced(options.group);
    const named = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic: topic.slice(prefix.length), partition })),
    );
    const keys = new Set(named.map(({ topic, partition }) => `${topic}/${partition}`));
    for (const [key, lane] of lanes) {
      if (keys.has(key)) continue;
      lane.assigned = false;
      if (lane.state !== 'busy') lanes.delete(key);
    }
    for (const { topic, partition } of named) {
      const lane = laneOf(topic, partition) ?? newLane(topic, partition);
      lane.assigned = true;
      lanes.set(`${topic}/${partition}`, lane);
    }
    prepare(assignedLanes().filter(({ state }) => state !== 'busy'));
  };

  /** True when the batch was handled; false when it was given up, and comes again to whoever has the partition then. */
  const work = async (lane: Lane, batch: RecordBatch, onFailure: () => void): Promise<boolean> => {
    const { turn } = lane;
    for (let failures = 1; ; failures++) {
      try {
        await options.handle(batch);
        return true;
      } catch (error) {
        if (isOver(lane, turn)) return false;
        onFailure();
        const { topic, partition } = batch;
        logger.warn(
          { group: options.group, topic, partition, failures, err: error },
          'batch was not handled, it comes again',
        );
        await pauseUnless(backoffMs(retry, failures, Math.random()), () => isOver(lane, turn));
        if (isOver(lane, turn)) return false;
      }
    }
  };

  const settle = (lane: Lane, batch: RecordBatch, turn: number, handled: boolean): void => {
    lane.batch = undefined;
    lane.job = undefined;
    if (handled && lane.turn === turn) lane.position = batch.next;
    lane.state = lane.turn === turn ? 'ready' : 'preparing';
    if (!lane.assigned) lanes.delete(`${lane.topic}/${lane.partition}`);
    progress();
  };

  const spread: Backoff = { firstMs: timing.spreadMs, mostMs: 24 * timing.spreadMs };
  const onSpread = (isEven: boolean): void => {
    spreadAttempts = isEven ? 0 : spreadAttempts + 1;
    spreadAt = isEven ? undefined : performance.now() + backoffMs(spread, spreadAttempts, Math.random());
  };

  const onBatch = async ({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> => {
    const lane = laneOf(batch.topic.slice(prefix.length), batch.partition);
    if (closing || lane?.state !== 'ready' || !lane.assigned || isStale()) return;
    if (spreadAt !== undefined && performance.now() > spreadAt) {
      spreadAt = undefined;
      throw rejoin();
    }
    const last = batch.messages.at(-1);
    if (last === undefined) return;
    // Fetched from elsewhere than where this lane is: kafkajs has set the position by itself.
    if ('fetchedOffset' in batch && Number(batch.fetchedOffset) !== lane.position) {
      onOutOfRange(batch.topic, batch.partition);
      return;
    }
    const { topic, partition, turn } = lane;
    const records = batch.messages.map((message) => toStoredRecord(topic, partition, message));
    const handed: RecordBatch = { topic, partition, records, next: Number(batch.lastOffset()) + 1 };
    lane.state = 'busy';
    lane.batch = handed;
    const failed = Promise.withResolvers<'slow'>();
    let outcome: boolean | undefined;
    let detached = false;
    const job = work(lane, handed, () => failed.resolve('slow')).then((handled) => {
      outcome = handled;
      settle(lane, handed, turn, handled);
      if (handled) lane.told = undefined;
      if (detached && handled && lane.assigned && lane.turn === turn) readyAt(lane, handed.next);
    });
    lane.job = job;
    const waited = new AbortController();
    const slow = delay(timing.slowBatchMs, undefined, { signal: waited.signal }).catch(() => undefined);
    await Promise.race([job, failed.promise, slow]);
    waited.abort();
    if (outcome === undefined) {
      detached = true;
      session?.pause(batch.topic, [partition]);
    } else if (outcome && lane.turn === turn && lane.assigned) resolveOffset(last.offset);
  };

  const onPassedOver = (topic: string, partition: number, next: number): void => {
    const lane = laneOf(topic.slice(prefix.length), partition);
    if (lane?.state !== 'ready' || lane.position === undefined || next <= lane.position) return;
    lane.position = next;
    progress();
  };

  const onOutOfRange = (topic: string, partition: number): void => {
    const lane = laneOf(topic.slice(prefix.length), partition);
    if (lane === undefined || lane.state !== 'ready') return;
    session?.pause(topic, [partition]);
    prepare([lane]);
  };

  let committed = '';
  const commit = (): void => {
    const offsets = assignedLanes().flatMap(({ topic, partition, position, state }) =>
      position === undefined || state === 'preparing'
        ? []
        : [{ topic: `${prefix}${topic}`, partition, offset: position }],
    );
    const text = JSON.stringify(offsets);
    if (text === committed || offsets.length === 0) return;
    committed = text;
    // Nothing rests on it; the next commit, or the saved positions, tell the same.
    session?.commit(offsets).catch(() => undefined);
  };
  const committing = setInterval(commit, commitEveryMs);
  committing.unref();
  // A broker that is away says so elsewhere.
  const rechecking = setInterval(() => void recheck().catch(() => undefined), timing.recheckMs);
  rechecking.unref();

  const runSession = async (): Promise<RestartReason> => {
    const over = Promise.withResolvers<RestartReason>();
    session = startConsumerSession({
      connection: deps.connection,
      group,
      topics: physical,
      partitions: deps.partitions,
      logger,
      held,
      onSpread,
      onJoined,
      onBatch,
      onPassedOver,
      onOutOfRange,
      onOver(reason, cause) {
        logger.warn({ group: options.group, reason, err: cause }, 'consumer is over, another one starts');
        over.resolve(reason);
      },
    });
    endSession = () => over.resolve('crashed');
    return over.promise;
  };
  let endSession = (): void => undefined;

  const supervise = async (): Promise<void> => {
    for (let failures = 1; !closing; failures++) {
      const startedAt = performance.now();
      const reason = await runSession();
      if (closing) break;
      metrics.restarted(options.group, reason);
      if (performance.now() - startedAt > 60_000) failures = 1;
      // Others get these partitions with the end of the session: first what is in hand.
      await Promise.race([Promise.allSettled([...lanes.values()].map(({ job }) => job)), delay(timing.slowBatchMs)]);
      await session?.end();
      await pauseUnless(backoffMs(restart, failures, Math.random()), () => closing);
    }
  };
  const supervising = supervise();

  const catchUp = createCatchUp({
    options,
    prefix,
    group,
    physical,
    connection: deps.connection,
    cluster,
    logger,
    lane: laneOf,
    rounds: () => session?.rounds ?? 0,
    progressed: () => progressed.promise,
    isClosed: () => closing,
    skipTo(lane, end) {
      if (lane.state === 'ready' && lane.assigned) readyAt(lane, end);
    },
  });

  const stop = async (): Promise<void> => {
    closing = true;
    clearInterval(committing);
    clearInterval(rechecking);
    for (const sleeper of sleepers) sleeper.wake();
    progress();
    await Promise.allSettled([...lanes.values()].map(({ job }) => job));
    endSession();
    await session?.end();
    await supervising;
  };
  let stopped: Promise<void> | undefined;

  return {
    reads: (topic, partition) => !closing && (laneOf(topic, partition)?.assigned ?? false),
    caughtUp: catchUp.caughtUp,
    async lag() {
      const ends = await cluster.offsets('end', physical);
      return assignedLanes().reduce((sum, { topic, partition, position, batch }) => {
        const end = ends.get(`${prefix}${topic}`)?.get(partition) ?? 0;
        return sum + (batch?.records.length ?? 0) + Math.max(0, end - (batch?.next ?? position ?? 0));
      }, 0);
    },
    close() {
      stopped ??= stop();
      return stopped;
    },
  };
};
