import { type Admin, type Consumer, type Kafka, logLevel } from 'kafkajs';
import type { Copy } from './copy.ts';
import type { PublishedSchema } from './published-schema.ts';
import { applyBatch, type Report } from './records.ts';

/** What is now. Read from its start, and again from its start whenever deletions may have been missed. */
const stateTopics = ['gatehouse.connector.state', 'gatehouse.user.state'] as const;
/** What happens. */
const factTopics = ['gatehouse.connector.events', 'gatehouse.user.events'] as const;
const topics = [...stateTopics, ...factTopics];

export interface FollowDeps {
  readonly kafka: Kafka;
  readonly groupId: string;
  /** What stands before every topic name of this Gatehouse. */
  readonly prefix: string;
  readonly copy: Copy;
  readonly schema: PublishedSchema;
  readonly report: Report;
  /** Called when reading has ended for good, which only a restart of the process mends. */
  onEnded(error: unknown): void;
}

interface Ends {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

const endsOf = async (admin: Admin, prefix: string): Promise<readonly Ends[]> => {
  const found = await Promise.all(
    topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(prefix + topic)).map(({ partition, low, high }) => ({
        topic,
        partition,
        low: BigInt(low),
        high: BigInt(high),
      })),
    ),
  );
  return found.flat();
};

/** Sets positions straight before the first record: another cluster, tombstones that are gone, records that are gone. */
const checkPositions = ({ copy, schema, report }: FollowDeps, cluster: string, ends: readonly Ends[]): void => {
  const log = copy.log();
  const isOther = log !== undefined && log.cluster !== cluster;
  const tombstonesKeptMs = Math.min(...stateTopics.map(schema.tombstonesKeptMs));
  const isTooOld = log !== undefined && Date.now() - log.savedAt > tombstonesKeptMs;
  if (isOther || isTooOld) {
    report('read-anew', { why: isOther ? 'another cluster' : 'older than the tombstones' });
    copy.forget(stateTopics, 'states');
  }
  if (isOther) copy.forget(factTopics, 'positions');
  copy.putLog(cluster, isOther ? Date.now() : (log?.savedAt ?? Date.now()));
  for (const { topic, partition, low, high } of ends) {
    const saved = copy.position(topic, partition);
    if (saved === undefined || (BigInt(saved) >= low && BigInt(saved) <= high)) continue;
    report('read-anew', { why: 'the position is not on the log', topic, partition });
    const isState = topic.endsWith('.state');
    copy.forget([topic], isState ? 'states' : 'positions');
    if (!isState) copy.putGap({ topic, key: `partition ${partition}`, expected: Number(saved), found: Number(low) });
  }
};

/** Notices, and says once, that everything that was on the log at the start was applied. */
const createCatchingUp = ({ copy, report }: FollowDeps, ends: readonly Ends[]) => {
  const left = new Map<string, bigint>();
  for (const { topic, partition, low, high } of ends) {
    const from = BigInt(copy.position(topic, partition) ?? low);
    if (from < high) left.set(`${topic}/${partition}`, high);
  }
  let isDone = false;
  const look = (): void => {
    if (isDone || left.size > 0) return;
    isDone = true;
    report('caught-up');
  };
  return {
    isDone: () => isDone,
    look,
    reached(topic: string, partition: number, next: bigint): void {
      const name = `${topic}/${partition}`;
      const end = left.get(name);
      if (end === undefined || next < end) return;
      left.delete(name);
      look();
    },
  };
};

/** Reads from the saved positions on, until `close`. @returns how to stop */
export const follow = async (deps: FollowDeps): Promise<{ close(): Promise<void> }> => {
  const { kafka, groupId, prefix, copy, schema, report, onEnded } = deps;
  const admin = kafka.admin();
  await admin.connect();
  const { clusterId } = await admin.describeCluster();
  const ends = await endsOf(admin, prefix);
  await admin.disconnect();
  checkPositions(deps, clusterId, ends);
  const catchingUp = createCatchingUp(deps, ends);

  // Whoever is started again after a crash waits until the broker has given up the one before.
  const consumer: Consumer = kafka.consumer({
    groupId,
    sessionTimeout: 6_000,
    heartbeatInterval: 1_500,
    maxWaitTimeInMs: 1_000,
  });
  // The copy knows where it is; what the group has committed does not count. Asked anew at every assignment.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      for (const partition of partitions) {
        const offset = copy.position(topic.slice(prefix.length), partition);
        if (offset !== undefined) consumer.seek({ topic, partition, offset });
      }
    }
    catchingUp.look();
  });
  // Also told of batches without a record for us: the markers of transactions.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    catchingUp.reached(payload.topic.slice(prefix.length), payload.partition, BigInt(payload.lastOffset) + 1n);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    report('crashed', { error: payload.error.message, restart: payload.restart });
    if (!payload.restart) onEnded(payload.error);
  });

  await consumer.connect();
  await consumer.subscribe({ topics: topics.map((topic) => prefix + topic), fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch, isRunning, isStale }) {
      if (!isRunning() || isStale()) return;
      const topic = batch.topic.slice(prefix.length);
      const next = String(BigInt(batch.lastOffset()) + 1n);
      copy.save({ topic, partition: batch.partition, next }, (writing) =>
        applyBatch({ schema, writing, report }, topic, batch),
      );
      if (catchingUp.isDone()) copy.putLog(clusterId, Date.now());
    },
  });
  return { close: () => consumer.disconnect() };
};

/** kafkajs tells of every reconnection; only what nobody expects is passed on. */
export const quietLogs = { logLevel: logLevel.NOTHING } as const;
