import type { LogGap, RecordBatch } from '../event-log.ts';

/** One partition as a member of a group sees it. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  /** `preparing`: its position is being asked; `busy`: a batch is in hand. */
  state: 'preparing' | 'ready' | 'busy';
  assigned: boolean;
  /** Everything before has been handled; undefined until positions were read. */
  position: number | undefined;
  /** The batch in hand. */
  batch: RecordBatch | undefined;
  /** Settles when the batch in hand is done or given up. */
  job: Promise<unknown> | undefined;
  /** The position of the gap that the subscriber was told of. */
  told: number | undefined;
  /** Changes when whatever goes on in this lane is no longer wanted. */
  turn: number;
}

export const newLane = (topic: string, partition: number): Lane => ({
  topic,
  partition,
  state: 'preparing',
  assigned: true,
  position: undefined,
  batch: undefined,
  job: undefined,
  told: undefined,
  turn: 0,
});

export interface PartitionBounds {
  readonly start: number;
  readonly end: number;
}

/**
 * Where to read on. A position that is absent asks for what there is: nothing was missed. One that the log cannot serve is a gap.
 * Offset 0 of a partition whose oldest records were deleted was never reached by anybody who saved it, so it is a gap too.
 */
export const placeOf = (
  lane: Pick<Lane, 'topic' | 'partition'>,
  saved: number | undefined,
  { start, end }: PartitionBounds,
): number | LogGap => {
  if (saved === undefined) return start;
  if (saved >= start && saved <= end) return saved;
  return { topic: lane.topic, partition: lane.partition, position: saved };
};
