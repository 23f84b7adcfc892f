import type { StoredRecord } from './event-log.ts';

/** A record that a consumer could not apply, or one that waits behind such a record of the same key. */
export interface DeadLetter {
  readonly consumer: string;
  readonly record: StoredRecord;
  /** For operators: the error's code and message, `behind an earlier record of this key` … Never a value. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly parkedAt: number;
}

/** A key that a consumer has given up on until somebody replays or drops it. */
export interface ParkedKey {
  readonly consumer: string;
  readonly key: string;
  readonly letters: number;
  /** Of the first letter: what went wrong. */
  readonly reason: string;
  /** When the first letter was parked, epoch milliseconds. */
  readonly parkedAt: number;
}

/**
 * What consumers could not apply. A key is parked while it has a letter: later records of that key join it, so that
 * their order is kept until it is replayed (`ConsumerRunner.replay`).
 */
export interface DeadLetters {
  /** Keeps the letters in their order; one that is there already (consumer, topic, partition, offset) stays as it is. */
  park(letters: readonly DeadLetter[]): Promise<void>;
  /** Those of `keys` that are parked for the consumer. */
  parkedAmong(consumer: string, keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Parked keys, of one consumer or of all, one key or all; oldest first, at most `limit`. */
  list(query: {
    readonly consumer?: string | undefined;
    readonly key?: string | undefined;
    readonly limit: number;
  }): Promise<readonly ParkedKey[]>;
  /** Letters of a key, oldest first, at most `limit`. */
  letters(consumer: string, key: string, limit: number): Promise<readonly DeadLetter[]>;
  /** Forgets one letter, because it has been applied. */
  remove(letter: DeadLetter): Promise<void>;
  /** Forgets all letters of a key: its changes are given up. Returns how many. */
  drop(consumer: string, key: string): Promise<number>;
}
