import type { TopicDefinition } from '@gatehouse/contracts';
import type { Positions, RecordBatch, StoredRecord, SubscribeOptions } from '../event-log.ts';

/** A subscriber that keeps what it handled, and its positions as a store would. */
export const recorder = () => {
  const handled: StoredRecord[] = [];
  let positions: Record<string, Record<number, number>> = {};
  return {
    handled,
    get positions(): Positions {
      return positions;
    },
    setPositions(to: Record<string, Record<number, number>>) {
      positions = to;
    },
    keep({ topic, partition, records, next }: RecordBatch) {
      handled.push(...records);
      positions = { ...positions, [topic]: { ...positions[topic], [partition]: next } };
    },
    options(group: string, topics: readonly TopicDefinition[], more: Partial<SubscribeOptions> = {}): SubscribeOptions {
      return {
        group,
        topics: topics.map(({ name }) => name),
        positions: async () => positions,
        handle: async (batch) => this.keep(batch),
        ...more,
      };
    },
    valuesOf: (key: string) => handled.filter((record) => record.key === key).map((record) => record.value),
  };
};
