/** What the relay tells whoever counts. Labels are names of outboxes and error codes: closed sets. */
export interface RelayMetrics {
  sent(outbox: string, records: number): void;
  failed(outbox: string, code: string): void;
  /** Entries that wait, after each round. */
  depth(outbox: string, entries: number): void;
  /** Age of the oldest fact that waits, in milliseconds; 0 when nothing waits. */
  age(outbox: string, ms: number): void;
}

/** What the consumer runner tells whoever counts. */
export interface ConsumerMetrics {
  applied(consumer: string, topic: string, records: number): void;
  /** Records of types that this version does not know; passed over. */
  unknown(consumer: string, topic: string, records: number): void;
  /** A rejected `apply`, by error code. */
  failed(consumer: string, topic: string, code: string): void;
  parked(consumer: string, topic: string, records: number): void;
  /** Facts of one aggregate whose sequence skipped: something was lost before this consumer. */
  sequenceGap(consumer: string, topic: string): void;
  /** The log had deleted records before this consumer read them. */
  logGap(consumer: string, topic: string): void;
}

const nothing = (): void => {};

export const noRelayMetrics: RelayMetrics = { sent: nothing, failed: nothing, depth: nothing, age: nothing };

export const noConsumerMetrics: ConsumerMetrics = {
  applied: nothing,
  unknown: nothing,
  failed: nothing,
  parked: nothing,
  sequenceGap: nothing,
  logGap: nothing,
};
