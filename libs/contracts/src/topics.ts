import { type Aggregate, aggregates } from './events.ts';

export interface TopicDefinition {
  readonly name: string;
  readonly cleanup: 'delete' | 'compact';
  /** How long facts are kept, or tombstones of a compacted topic, in milliseconds. */
  readonly retentionMs: number;
  readonly partitions: number;
}

const day = 86_400_000;

export const factsTopic = (aggregate: Aggregate): string => `gatehouse.${aggregate}.events`;
export const connectorStateTopic = 'gatehouse.connector.state';
export const userStateTopic = 'gatehouse.user.state';

/** A deletion is first `{ deleted: true }`; the tombstone follows after this, in milliseconds. */
export const tombstoneDelayMs = day;

/** Every topic of the product. Keys are aggregate ids throughout. */
export const topics: readonly TopicDefinition[] = [
  ...aggregates.map((aggregate) => ({
    name: factsTopic(aggregate),
    cleanup: 'delete' as const,
    retentionMs: 30 * day,
    partitions: 6,
  })),
  ...[connectorStateTopic, userStateTopic].map((name) => ({
    name,
    cleanup: 'compact' as const,
    retentionMs: 7 * day,
    partitions: 6,
  })),
];
