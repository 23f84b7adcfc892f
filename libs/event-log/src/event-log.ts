import type { TopicDefinition } from '@gatehouse/contracts';

/** A record as it goes onto a topic. `key` is the aggregate's id; a `value` of undefined is a tombstone. */
export interface LogRecord {
  readonly topic: string;
  readonly key: string;
  /** JSON text. */
  readonly value: string | undefined;
  /** Lower-case names; CloudEvents attributes as `ce_*`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface StoredRecord extends LogRecord {
  readonly partition: number;
  /** Position within the partition; grows, may skip. */
  readonly offset: number;
}

/** Next offset to read, by topic and partition. A partition that is absent is read from its start. */
export type Positions = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** What a topic was when positions were saved: another id means that the topic, or the log, was made anew. */
export interface LogIdentity {
  readonly logId: string;
  readonly topicIds: Readonly<Record<string, string>>;
}

export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** In the order of their offsets; never empty. */
  readonly records: readonly StoredRecord[];
  /** Position to save with what is made of the records. */
  readonly next: number;
}

/** A position that the log cannot serve: what lay there is deleted, or the log is not the one it came from. */
export interface LogGap {
  readonly topic: string;
  readonly partition: number;
  /** What `positions` gave. */
  readonly position: number;
}

export interface SubscribeOptions {
  /** Consumer group; the members of one group share the partitions. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Asked at the start and whenever partitions are assigned anew. */
  positions(): Promise<Positions>;
  /**
   * Called before reading goes on from the start of the partition. A view is thrown away here; afterwards `positions` is asked again.
   * Rejecting calls it again after a pause.
   */
  onGap?(gap: LogGap): Promise<void>;
  /** Called with one batch at a time per partition. Rejecting delivers the same batch again after a pause. */
  handle(batch: RecordBatch): Promise<void>;
}

export interface Subscription {
  /** Resolves when everything that was on the topics at the time of this call has been handled. Rejects after `timeoutMs` or when closed. */
  caughtUp(timeoutMs: number): Promise<void>;
  /** Records not handled yet, over all assigned partitions. */
  lag(): Promise<number>;
  /** Resolves when the batch in hand is done and none follows. */
  close(): Promise<void>;
}

/** Appends under a name of its own. Whoever opens a writer of the same name later fences this one off for good. */
export interface EventWriter {
  /**
   * Appends all records or none, in their order.
   * @throws EventLogError `writer_fenced`, `log_unavailable`, `record_too_large`
   */
  append(records: readonly LogRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** An ordered, durable log of topics: SQLite in one process, Kafka between many. */
export interface EventLog {
  /** Makes the topics that are missing; refuses those that do not fit (`topic_mismatch`). */
  ensureTopics(definitions: readonly TopicDefinition[]): Promise<void>;
  openWriter(name: string): Promise<EventWriter>;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  identity(topics: readonly string[]): Promise<LogIdentity>;
  /** Deletes what is older than a topic's retention, and compacts compacted topics; the Kafka adapter leaves it to the broker. */
  maintain(): Promise<void>;
  close(): Promise<void>;
}

export const eventLogErrorCodes = [
  'writer_fenced',
  'log_unavailable',
  'record_too_large',
  'topic_mismatch',
  'closed',
  'timeout',
] as const;
export type EventLogErrorCode = (typeof eventLogErrorCodes)[number];

export class EventLogError extends Error {
  override readonly name = 'EventLogError';
  readonly code: EventLogErrorCode;
  constructor(code: EventLogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
