import type { LogRecord } from './event-log.ts';

/** A record that is committed with the state it tells of, and waits to be sent. */
export interface OutboxEntry {
  /** Opaque to the relay; handed back to `markSent`. */
  readonly position: string;
  /** Entries of one aggregate are sent in the order in which they come. */
  readonly aggregateId: string;
  readonly record: LogRecord;
}

/** The sending side of a store: what was saved atomically with state, in order per aggregate. */
export interface Outbox {
  /** Names the relay, its lease and its writer: `connector-registry`, `auth-gateway.logins` … */
  readonly name: string;
  /**
   * The next entries that are due, at most `limit`. An entry comes only when all earlier entries of its aggregate are in
   * this or an earlier answer. Entries that are not marked come again.
   */
  pending(limit: number): Promise<readonly OutboxEntry[]>;
  /** Forgets sent entries. Idempotent. */
  markSent(positions: readonly string[]): Promise<void>;
  /** How many entries wait, delayed ones left out. */
  depth(): Promise<number>;
  /** Calls `listener` after each commit that appended here in this process; returns how to stop that. */
  onAppended(listener: () => void): () => void;
}

/** An exclusive right with a number that grows with every new holder. */
export interface Lease {
  readonly name: string;
  readonly owner: string;
  readonly fence: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface Leases {
  /** The lease, when it is free or expired; undefined while another owner holds it. The same owner gets it again with a new fence. */
  acquire(name: string, owner: string, lifeMs: number): Promise<Lease | undefined>;
  /** The lease with a later end; undefined when it was lost meanwhile. */
  renew(lease: Lease, lifeMs: number): Promise<Lease | undefined>;
  /** Gives it back; nothing happens when it was lost. */
  release(lease: Lease): Promise<void>;
}
