/** What the Kafka adapter tells whoever counts. Labels are consumer groups and reasons: closed sets. */
export interface KafkaMetrics {
  /** A consumer was replaced: `crashed`, `stuck` or `not-started`. */
  restarted(group: string, reason: RestartReason): void;
  rebalanced(group: string): void;
}

export type RestartReason = 'crashed' | 'stuck' | 'not-started';

const nothing = (): void => {};

export const noKafkaMetrics: KafkaMetrics = { restarted: nothing, rebalanced: nothing };
