import { EventLogError, type LogGap, type SubscribeOptions } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { type Backoff, backoffMs } from '../pause.ts';
import type { KafkaCluster } from './cluster.ts';
import { type Lane, type PartitionBounds, placeOf } from './lanes.ts';

const retry: Backoff = { firstMs: 100, mostMs: 5_000 };

export interface PlacingDeps {
  readonly options: SubscribeOptions;
  readonly prefix: string;
  /** Topics by their names on the broker. */
  readonly physical: readonly string[];
  readonly cluster: KafkaCluster;
  readonly logger: Logger;
  readonly beforeReading: (() => Promise<void>) | undefined;
  assigned(): readonly Lane[];
  isOver(lane: Lane, turn: number): boolean;
  isClosing(): boolean;
  sleep(ms: number, isDone: () => boolean): Promise<void>;
  pause(lane: Lane): void;
  /** Has the lane read on at this position. */
  readyAt(lane: Lane, position: number): void;
}

/** Finds out where lanes read on, and tells the subscriber of positions that the log cannot serve. */
export const createPlacing = (deps: PlacingDeps) => {
  const { options, prefix, physical, cluster, logger, assigned, isOver, readyAt } = deps;
  const topicIds = new Map<string, string>();
  /** Lanes whose saved positions are of a topic that is no more. */
  const foreign = new Set<Lane>();

  /** No lane of this member goes on, and no batch is in hand any more. */
  const stopLanes = async (): Promise<void> => {
    const all = assigned();
    for (const lane of all) {
      lane.turn += 1;
      deps.pause(lane);
    }
    await Promise.allSettled(all.map(({ job }) => job));
    for (const lane of all) lane.state = 'preparing';
  };

  const tell = async (gap: LogGap): Promise<void> => {
    logger.warn({ group: options.group, ...gap }, 'position is not on the log');
    for (let failures = 1; !deps.isClosing(); failures++) {
      try {
        await options.onGap?.(gap);
        return;
      } catch (error) {
        logger.warn({ group: options.group, failures, err: error }, 'gap was not taken, it comes again');
        await deps.sleep(backoffMs(retry, failures, Math.random()), deps.isClosing);
      }
    }
  };

  /** Tells the subscriber, who may throw away what all of the lanes have made; so all of them ask for positions again. */
  const tellGaps = async (gaps: readonly LogGap[]): Promise<void> => {
    await stopLanes();
    for (const gap of gaps) await tell(gap);
    await stopLanes();
    prepare(assigned());
  };

  /** Finds topics that are not the ones this subscription has read so far. */
  const lookForTopicsMadeAnew = async (): Promise<void> => {
    const { topics } = await cluster.describe(physical);
    for (const { name, id } of topics) {
      const known = topicIds.get(name);
      topicIds.set(name, id);
      if (known === undefined || known === id) continue;
      for (const lane of assigned()) if (`${prefix}${lane.topic}` === name) foreign.add(lane);
    }
  };

  const boundsOf = async () => {
    const [starts, ends] = await Promise.all([cluster.offsets('start', physical), cluster.offsets('end', physical)]);
    return ({ topic, partition }: Lane): PartitionBounds => {
      const start = starts.get(`${prefix}${topic}`)?.get(partition);
      const end = ends.get(`${prefix}${topic}`)?.get(partition);
      if (start !== undefined && end !== undefined) return { start, end };
      throw new EventLogError('log_unavailable', `the log does not tell the offsets of ${topic}`);
    };
  };

  const place = async (isWanted: (lane: Lane) => boolean, asking: readonly Lane[]): Promise<void> => {
    await deps.beforeReading?.();
    const boundsFor = await boundsOf();
    const positions = await options.positions();
    await lookForTopicsMadeAnew();
    const gaps: LogGap[] = [];
    for (const lane of asking.filter(isWanted)) {
      const { topic, partition } = lane;
      const bounds = boundsFor(lane);
      const saved = positions[topic]?.[partition];
      const isForeign = saved !== undefined && foreign.has(lane);
      foreign.delete(lane);
      const found = isForeign ? { topic, partition, position: saved } : placeOf(lane, saved, bounds);
      if (typeof found === 'number') {
        lane.told = undefined;
        readyAt(lane, found);
      }
      // Whoever insists on a position that the log cannot serve gets what there is. Remembered until something was handled:
      // another lane's gap makes this one ask again, and telling each time would double with every lane.
      else if (found.position === lane.told) readyAt(lane, bounds.start);
      else {
        lane.told = found.position;
        gaps.push(found);
      }
    }
    if (gaps.length > 0) await tellGaps(gaps);
  };

  /** Asks for the positions of these lanes until they read on, or are not wanted any more. None of them may have a batch in hand. */
  const prepare = (asking: readonly Lane[]): void => {
    for (const lane of asking) {
      lane.turn += 1;
      lane.state = 'preparing';
    }
    const turns = new Map(asking.map((lane) => [lane, lane.turn]));
    const isWanted = (lane: Lane): boolean => lane.state === 'preparing' && !isOver(lane, turns.get(lane) ?? -1);
    const isDone = (): boolean => !asking.some(isWanted);
    const run = async (): Promise<void> => {
      for (let failures = 1; !isDone(); failures++) {
        try {
          await place(isWanted, asking);
        } catch (error) {
          logger.warn({ group: options.group, failures, err: error }, 'positions were not read, reading waits');
          await deps.sleep(backoffMs(retry, failures, Math.random()), isDone);
        }
      }
    };
    void run();
  };

  return {
    prepare,
    /**
     * Brokers serve a topic of the same name at the old offsets, and so hide that it was made anew while it is read: whoever finds
     * out reads it from the start.
     */
    async recheck(): Promise<void> {
      await lookForTopicsMadeAnew();
      const ready = [...foreign].filter(({ assigned: isOurs, state }) => isOurs && state === 'ready');
      for (const lane of ready) deps.pause(lane);
      prepare(ready);
    },
  };
};
