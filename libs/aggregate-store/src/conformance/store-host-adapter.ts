import type { AggregateChange, Saved, StoreHost } from '../aggregate-store.ts';

/** One store under test, empty at first, and what a test may do to it. */
export interface StoreHostAdapter {
  /** A handle on the store; after `end` another one on the same store. `outboxLimit` bounds the waiting records of a kind. */
  open(options?: { readonly outboxLimit?: number }): Promise<StoreHost>;
  /** Ends the open handle: `close` as a stop does, `crash` as kill -9 does. Acknowledged saves survive both. */
  end(host: StoreHost, how: 'close' | 'crash'): Promise<void>;
  /** The store's clock, epoch milliseconds. */
  now(): number;
  /** Moves the store's clock forward. */
  advance(ms: number): void;
  /** Frees everything. */
  dispose(): Promise<void>;
}

/** What the suites save. */
export interface Sample {
  readonly name: string;
  readonly note?: string;
}

export interface SampleOptions {
  readonly expectedVersion?: number;
  readonly unique?: Readonly<Record<string, readonly string[]>>;
  readonly filters?: Readonly<Record<string, string>>;
  readonly sendAfter?: number;
  readonly sort?: string;
  readonly text?: string;
}

/** A change by one fact, with its record in the outbox. A `name` of undefined deletes. */
export const change = (id: string, name: string | undefined, options: SampleOptions = {}): AggregateChange<Sample> => {
  const { expectedVersion = 0, unique = {}, filters = {}, sendAfter, sort = name ?? '', text = name ?? '' } = options;
  const version = expectedVersion + 1;
  const record = {
    topic: 'gatehouse.sample.events',
    key: id,
    value: `{"v":${version}}`,
    headers: { ce_type: 'sample' },
  };
  return {
    id,
    expectedVersion,
    version,
    state: name === undefined ? undefined : { name },
    unique,
    listing: { sort, text, filters },
    outbox: [sendAfter === undefined ? { record } : { record, sendAfter }],
  };
};

export const idsOf = (items: readonly Saved<unknown>[]): string[] => items.map(({ id }) => id);
