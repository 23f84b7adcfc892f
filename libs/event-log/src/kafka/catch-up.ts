import { setTimeout as delay } from 'node:timers/promises';
import { EventLogError, type Positions, type SubscribeOptions } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import type { KafkaCluster } from './cluster.ts';
import { createKafkaClient } from './kafka-client.ts';
import { within } from './kafka-errors.ts';
import type { KafkaConnectionOptions } from './kafka-options.ts';
import type { Lane } from './lanes.ts';

export interface CatchUpDeps {
  readonly options: SubscribeOptions;
  readonly prefix: string;
  readonly group: string;
  /** Topics by their names on the broker. */
  readonly physical: readonly string[];
  readonly connection: KafkaConnectionOptions;
  readonly cluster: KafkaCluster;
  readonly logger: Logger;
  lane(topic: string, partition: number): Lane | undefined;
  /** Grows with each round of fetches. */
  rounds(): number;
  progressed(): Promise<void>;
  isClosed(): boolean;
  skipTo(lane: Lane, end: number): void;
}

interface Target {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
}

const pollMs = 25;
/** After this, what other members have committed, and what lies between here and the end, is looked at too. */
const lookCloserMs = 400;

/**
 * Waits for the end that the log has now. What this member reads is followed here; what other members of the group
 * read shows in the positions that all of them save, or in what they commit when nothing was left to save.
 */
export const createCatchUp = (deps: CatchUpDeps) => {
  const { options, prefix, cluster } = deps;

  const ownPosition = (topic: string, partition: number): number | undefined => {
    const lane = deps.lane(topic, partition);
    return lane?.assigned ? lane.position : undefined;
  };

  const savedPositions = async (targets: readonly Target[]): Promise<Positions> =>
    targets.every(({ topic, partition }) => ownPosition(topic, partition) !== undefined)
      ? {}
      : await options.positions();

  const committedPositions = async (): Promise<Positions> => {
    const client = createKafkaClient(deps.connection, deps.logger);
    const admin = client.kafka.admin();
    const ask = async (): Promise<Positions> => {
      await admin.connect();
      const offsets = await admin.fetchOffsets({ groupId: deps.group, topics: [...deps.physical] });
      return Object.fromEntries(
        offsets.map(({ topic, partitions }) => [
          topic.slice(prefix.length),
          Object.fromEntries(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
        ]),
      );
    };
    try {
      return await within(client.timing.requestMs, 'reading the offsets of the group', ask());
    } finally {
      await client.end(() => admin.disconnect());
    }
  };

  /** A tail of records that compaction has removed is never delivered: two rounds of fetches that bring nothing are the proof. */
  const skipEmptyTails = async (targets: readonly Target[]): Promise<void> => {
    const idle = targets.flatMap(({ topic, partition, end }) => {
      const lane = deps.lane(topic, partition);
      return lane?.assigned && lane.state === 'ready' ? [{ lane, end, position: lane.position }] : [];
    });
    if (idle.length === 0) return;
    const stable = await cluster.offsets('stable', deps.physical);
    const from = deps.rounds();
    for (let waited = 0; waited < 100 && deps.rounds() < from + 2; waited++) await delay(pollMs);
    if (deps.rounds() < from + 2) return;
    for (const { lane, end, position } of idle) {
      const readable = stable.get(`${prefix}${lane.topic}`)?.get(lane.partition) ?? 0;
      if (readable >= end && lane.state === 'ready' && lane.position === position) deps.skipTo(lane, end);
    }
  };

  const follow = async (isLate: () => boolean): Promise<void> => {
    const ends = await cluster.offsets('end', deps.physical);
    let left: readonly Target[] = [...ends].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, end]) => ({ topic: topic.slice(prefix.length), partition, end })),
    );
    const startedAt = performance.now();
    let closerAt = startedAt + lookCloserMs;
    while (!isLate()) {
      const saved = await savedPositions(left);
      const savedAt = ({ topic, partition }: Target): number => saved[topic]?.[partition] ?? 0;
      // Past the end of now: another member is ahead, or the position is not on this log, and a gap is about to be told.
      const isPast = left.some((target) => savedAt(target) > target.end);
      const latest = isPast ? await cluster.offsets('end', deps.physical) : ends;
      left = left.filter((target) => {
        const { topic, partition, end } = target;
        const own = ownPosition(topic, partition);
        if (own !== undefined) return own < end;
        const isOnLog = savedAt(target) <= (latest.get(`${prefix}${topic}`)?.get(partition) ?? 0);
        return !isOnLog || savedAt(target) < end;
      });
      if (left.length === 0) return;
      if (performance.now() > closerAt) {
        closerAt = performance.now() + 2 * lookCloserMs;
        await skipEmptyTails(left);
        const others = left.filter(({ topic, partition }) => ownPosition(topic, partition) === undefined);
        const committed = others.length === 0 ? {} : await committedPositions();
        left = left.filter(
          ({ topic, partition, end }) =>
            ownPosition(topic, partition) !== undefined || (committed[topic]?.[partition] ?? 0) < end,
        );
      }
      await Promise.race([deps.progressed(), delay(pollMs)]);
    }
  };

  return {
    async caughtUp(timeoutMs: number): Promise<void> {
      const until = performance.now() + timeoutMs;
      const closed = (): void => {
        if (deps.isClosed()) throw new EventLogError('closed', 'the subscription is closed');
      };
      closed();
      const late = new AbortController();
      const limit = delay(timeoutMs, 'late' as const, { signal: late.signal }).catch(() => 'late' as const);
      try {
        const isLate = (): boolean => deps.isClosed() || performance.now() >= until;
        const outcome = await Promise.race([follow(isLate).then(() => (isLate() ? 'late' : 'reached')), limit]);
        closed();
        if (outcome === 'late') throw new EventLogError('timeout', `not caught up within ${timeoutMs} ms`);
      } finally {
        late.abort();
      }
    },
  };
};
