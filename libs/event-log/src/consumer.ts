import type { AnyFact, ConnectorStateRecord, UserStateRecord } from '@gatehouse/contracts';
import type { LogGap, Positions } from './event-log.ts';

interface Placed {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The aggregate's id. */
  readonly key: string;
}

/** A record after its headers and value were checked against `libs/contracts`. */
export type Message =
  | (Placed & { readonly kind: 'fact'; readonly fact: AnyFact })
  | (Placed & { readonly kind: 'connector-state'; readonly record: ConnectorStateRecord | undefined })
  | (Placed & { readonly kind: 'user-state'; readonly record: UserStateRecord | undefined });

export interface MessageBatch {
  readonly topic: string;
  readonly partition: number;
  /** In order; may be empty when all records were passed over (unknown types, parked keys). */
  readonly messages: readonly Message[];
  /** To be saved in the same atomic write as what the messages change. */
  readonly next: number;
}

/**
 * One reader of the log. `projection`: only builds a view, may be replayed at will. `reaction`: has effects beyond its own
 * view (commands, events) and is replayed only when forced. Both are idempotent: the greater version wins.
 */
export interface Consumer {
  /** The consumer group, `gatehouse-user-directory-connectors`. */
  readonly name: string;
  readonly kind: 'projection' | 'reaction';
  readonly topics: readonly string[];
  /** Positions as saved by `apply`. */
  positions(): Promise<Positions>;
  /**
   * Applies the messages in order and saves `next` in the same atomic write. Rejecting makes the runner retry in place,
   * then apply one by one, then park the key of the message that cannot be applied.
   */
  apply(batch: MessageBatch): Promise<void>;
  /** Records were deleted before this consumer read them. A projection forgets its rows and positions, and so starts anew. */
  onGap?(gap: LogGap): Promise<void>;
  /**
   * These keys are about to be parked: what is known of them no longer changes. A view by which people are let in forgets them,
   * because the record that was not read may have been a denial. Called again whenever more of a key is parked.
   */
  onParked?(keys: readonly string[]): Promise<void>;
}
