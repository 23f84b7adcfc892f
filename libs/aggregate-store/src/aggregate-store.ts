import type { LogRecord, Outbox } from '@gatehouse/event-log';

/** An aggregate as it was last saved. `version` is the sequence of its newest fact. */
export interface Saved<State> {
  readonly id: string;
  readonly version: number;
  readonly state: State;
}

/** How lists find and order an aggregate. */
export interface Listing {
  /** Lists are ordered by this, then by id. Stored lower-cased by the caller where case must not count. */
  readonly sort: string;
  /** `q` is found anywhere in this text; compared in lower case. */
  readonly text: string;
  /** Equality filters, `{ type: 'SAML_V2' }`. */
  readonly filters: Readonly<Record<string, string>>;
}

export interface OutgoingRecord {
  readonly record: LogRecord;
  /** Epoch milliseconds before which it is not sent; the tombstone that follows a deletion a day later. */
  readonly sendAfter?: number;
}

export interface AggregateChange<State> {
  readonly id: string;
  /** 0 for an aggregate that must not exist yet. */
  readonly expectedVersion: number;
  /** Version after the change: `expectedVersion` and the number of facts in it. */
  readonly version: number;
  /** undefined deletes: the aggregate is no longer found, its unique keys are free, its outbox is still sent. */
  readonly state: State | undefined;
  /** Keys that no other aggregate may hold, by index: `{ username: ['a@b.example'], subject: ['con_…:digest'] }`. */
  readonly unique: Readonly<Record<string, readonly string[]>>;
  readonly listing: Listing;
  readonly outbox: readonly OutgoingRecord[];
}

export interface ListQuery {
  /** 1 to 200. */
  readonly limit: number;
  /** As given by `nextCursor`. @throws AggregateStoreError `cursor_invalid` for another */
  readonly cursor?: string | undefined;
  readonly q?: string | undefined;
  readonly filters?: Readonly<Record<string, string>> | undefined;
}

export interface ListPage<State> {
  readonly items: readonly Saved<State>[];
  readonly nextCursor?: string;
}

/**
 * Aggregates of one kind. `save` writes state, unique keys, listing and outbox in one atomic write: SQLite in one
 * transaction, MongoDB in one document update filtered on `version`.
 */
export interface AggregateStore<State> {
  load(id: string): Promise<Saved<State> | undefined>;
  /** By a key given in `unique` of the last save. */
  findByUnique(index: string, key: string): Promise<Saved<State> | undefined>;
  /**
   * @throws AggregateStoreError `version_conflict` (loaded version is old, or the id exists), `unique_taken` (with `index`),
   * `outbox_full`, `store_unavailable`. After any error nothing was changed, except that after `store_unavailable` the
   * outcome may be unknown: load again and compare versions.
   */
  save(change: AggregateChange<State>): Promise<void>;
  list(query: ListQuery): Promise<ListPage<State>>;
  /** How many aggregates have all these filters. */
  count(filters?: Readonly<Record<string, string>>): Promise<number>;
  /** Waiting records of this kind of aggregate. */
  readonly outbox: Outbox;
}

/** The stores and views of one service, and what they share. */
export interface StoreHost {
  /** @param kind names the table or collection and the outbox: `connector`, `user` */
  aggregates<State>(kind: string): AggregateStore<State>;
  views: Views;
  /** @throws AggregateStoreError `store_unavailable` when the store does not answer a trivial read or cannot take writes */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** One change of a view. `row` of undefined deletes. */
export interface ViewWrite<Row> {
  readonly key: string;
  readonly row: Row | undefined;
  /** Lists are ordered by this, then by key. */
  readonly sort?: string;
  /** Values that the row is found by: `{ user: ['usr_…'], type: ['login.failed'] }`. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** Keep the stored row when its revision is equal or greater: "the greater version wins". */
  readonly revision?: number;
}

export interface ViewQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** All must match. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly order: 'ascending' | 'descending';
}

export interface ViewPage<Row> {
  readonly items: readonly { readonly key: string; readonly row: Row }[];
  readonly nextCursor?: string;
}

/** Rows that are no truth of their own: projections, side tables (last login), audit. May be thrown away and rebuilt. */
export interface View<Row> {
  get(key: string): Promise<Row | undefined>;
  getMany(keys: readonly string[]): Promise<ReadonlyMap<string, Row>>;
  list(query: ViewQuery): Promise<ViewPage<Row>>;
  /** How many rows have the tag. */
  count(tag: string, value: string): Promise<number>;
  /** Deletes rows whose `sort` is less than `bound`, at most `limit`; returns how many. Retention. */
  prune(bound: string, limit: number): Promise<number>;
}

/** The partition that a consumer reads, as the origin of rows. */
export interface ViewSource {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
}

export interface Views {
  view<Row>(name: string): View<Row>;
  /** Positions of a consumer as last saved by `apply`. */
  positions(consumer: string): Promise<Record<string, Record<number, number>>>;
  /**
   * Writes rows and a consumer's position; the position is never visible before the rows. Repeating it changes nothing.
   * Rows remember where they come from: `source`, or the position's partition when it is left out.
   * @throws AggregateStoreError `store_unavailable`
   */
  apply(change: {
    readonly writes: readonly (ViewWrite<unknown> & { readonly view: string })[];
    readonly source?: ViewSource;
    readonly position?: ViewSource & { readonly next: number };
  }): Promise<void>;
  /**
   * Forgets a position and those rows of `views`, with their revisions, that were last written from its partition. To be
   * called in `Consumer.onGap` by every consumer whose rows would be wrong when the log no longer tells of their end
   * (state of what was deleted meanwhile); never with a view that keeps more than the log does, such as the audit. Other
   * partitions and their readers are left alone. When it breaks off, the position is gone and the rest follows before
   * `positions` answers again.
   * @throws AggregateStoreError `store_unavailable`
   */
  reset(source: ViewSource, views: readonly string[]): Promise<void>;
}

export const aggregateStoreErrorCodes = [
  'version_conflict',
  'unique_taken',
  'outbox_full',
  'store_unavailable',
  'cursor_invalid',
] as const;
export type AggregateStoreErrorCode = (typeof aggregateStoreErrorCodes)[number];

export class AggregateStoreError extends Error {
  override readonly name = 'AggregateStoreError';
  readonly code: AggregateStoreErrorCode;
  /** With `unique_taken`: the index whose key is held by another aggregate. */
  readonly index: string | undefined;
  constructor(
    code: AggregateStoreErrorCode,
    message: string,
    options: ErrorOptions & { readonly index?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.index = options.index;
  }
}
