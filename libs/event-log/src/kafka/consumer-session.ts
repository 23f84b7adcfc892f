import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { type Assignment, holdingAssigner } from './assigner.ts';
import { createKafkaClient } from './kafka-client.ts';
import type { RestartReason } from './kafka-metrics.ts';
import type { KafkaConnectionOptions } from './kafka-options.ts';

/** Names of topics are those on the broker. */
export interface SessionDeps {
  readonly connection: KafkaConnectionOptions;
  readonly group: string;
  readonly topics: readonly string[];
  /** Bounds how many batches are handed out at once. */
  readonly partitions: number;
  readonly logger: Logger;
  held(): Assignment;
  onSpread(isEven: boolean): void;
  /** Called before anything is fetched under a new assignment; all its partitions are paused. */
  onJoined(assignment: Assignment): void;
  onBatch(payload: EachBatchPayload): Promise<void>;
  /** Nothing but markers or given-up records lay before `next`. */
  onPassedOver(topic: string, partition: number, next: number): void;
  /** kafkajs is about to go on at the start of a partition by itself. */
  onOutOfRange(topic: string, partition: number): void;
  /** Once: this session reads no more. */
  onOver(reason: RestartReason, cause?: unknown): void;
}

/** The life of one kafkajs consumer. */
export interface ConsumerSession {
  pause(topic: string, partitions: readonly number[]): void;
  /** Goes on at `offset` with the next fetch. */
  resumeAt(topic: string, partition: number, offset: number): void;
  commit(
    offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  ): Promise<void>;
  /** Grows with each round of fetches from all brokers. */
  readonly rounds: number;
  end(): Promise<void>;
}

const outOfRange = 'Offset out of range, resetting to default offset';

/** What a batch handler throws to have the member join again. */
export const rejoin = (): Error =>
  new kafkajs.KafkaJSProtocolError(
    Object.assign(new Error('the work in hand is done, partitions may move'), {
      type: 'REBALANCE_IN_PROGRESS',
      code: 27,
      retriable: false,
    }),
  );

/**
 * Runs one consumer until it crashes or gives no sign of life. kafkajs restarts some of its failures by itself and others never
 * (its issues 659, 1011 and 1630); here every end is the end, and the subscription starts anew.
 */
export const startConsumerSession = (deps: SessionDeps): ConsumerSession => {
  const client = createKafkaClient(deps.connection, deps.logger, ({ log }) => {
    const { topic, partition } = log;
    if (log.message === outOfRange && typeof topic === 'string') deps.onOutOfRange(topic, Number(partition));
  });
  const { timing } = client;
  const consumer: Consumer = client.kafka.consumer({
    groupId: deps.group,
    partitionAssigners: [holdingAssigner(deps)],
    sessionTimeout: timing.sessionMs,
    rebalanceTimeout: timing.rebalanceMs,
    heartbeatInterval: timing.heartbeatMs,
    maxWaitTimeInMs: timing.pollMs,
    maxBytesPerPartition: 1_048_576,
    allowAutoTopicCreation: false,
    readUncommitted: false,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 2_000,
      factor: 0.2,
      multiplier: 2,
      retries: 5,
      restartOnFailure: async () => false,
    },
  });
  const { GROUP_JOIN, FETCH, HEARTBEAT, END_BATCH_PROCESS, CRASH } = consumer.events;
  const fetches = new Map<number, number>();
  /** Joining may take as long as the broker waits for members that are gone. */
  const stuckMs = Math.max(timing.stuckMs, timing.rebalanceMs + timing.requestMs);
  let lastSign = performance.now();
  let over = false;

  const sign = (): void => {
    lastSign = performance.now();
  };
  const finish = (reason: RestartReason, cause?: unknown): void => {
    if (over) return;
    over = true;
    clearInterval(watching);
    deps.onOver(reason, cause);
  };
  const watching = setInterval(
    () => {
      if (performance.now() - lastSign > stuckMs) finish('stuck');
    },
    Math.min(1_000, stuckMs / 4),
  );
  watching.unref();

  consumer.on(GROUP_JOIN, ({ payload }) => {
    sign();
    fetches.clear();
    if (over) return;
    const assigned = Object.entries(payload.memberAssignment);
    consumer.pause(assigned.map(([topic, partitions]) => ({ topic, partitions: [...partitions] })));
    deps.onJoined(payload.memberAssignment);
  });
  consumer.on(FETCH, ({ payload: { nodeId } }) => {
    sign();
    fetches.set(nodeId, (fetches.get(nodeId) ?? 0) + 1);
  });
  consumer.on(HEARTBEAT, sign);
  consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
    sign();
    if (!over && batchSize === 0) deps.onPassedOver(topic, partition, Number(lastOffset) + 1);
  });
  consumer.on(CRASH, ({ payload }) => finish('crashed', payload.error));

  const run = async (): Promise<void> => {
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...deps.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: Math.max(1, deps.partitions),
        eachBatch: async (payload) => {
          if (!over) await deps.onBatch(payload);
        },
      });
    } catch (error) {
      finish('not-started', error);
    }
  };
  void run();

  /** kafkajs throws at whoever speaks to a consumer that is down. */
  const whileUp = (work: () => void): void => {
    if (over) return;
    try {
      work();
    } catch (error) {
      finish('crashed', error);
    }
  };

  return {
    pause: (topic, partitions) => whileUp(() => consumer.pause([{ topic, partitions: [...partitions] }])),
    resumeAt(topic, partition, offset) {
      whileUp(() => {
        consumer.seek({ topic, partition, offset: String(offset) });
        consumer.resume([{ topic, partitions: [partition] }]);
      });
    },
    async commit(offsets) {
      if (over) return;
      await consumer.commitOffsets(
        offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
      );
    },
    get rounds() {
      return fetches.size === 0 ? 0 : Math.min(...fetches.values());
    },
    async end() {
      over = true;
      clearInterval(watching);
      await client.end(() => consumer.disconnect());
    },
  };
};
