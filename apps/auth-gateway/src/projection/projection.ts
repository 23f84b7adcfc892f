import type { Clock } from '@gatehouse/contracts';
import type { LogIdentity, MessageBatch, Positions } from '@gatehouse/event-log';
import { type Database, openDatabase } from '@gatehouse/sqlite';
import { createBoundedCache } from './bounded-cache.ts';
import { endingsOf, type KnownConnector, type KnownUser, type StoredEnding } from './known.ts';
import { migrations } from './schema.ts';
import { createTables, type Tables } from './tables.ts';

/** The gateway's own view of connectors, users and links. Reads are local and synchronous: no login waits for a network. */
export interface Projection {
  connector(id: string): KnownConnector | undefined;
  /** Without regard to case; a deleted connector is not found. */
  connectorByReference(reference: string): KnownConnector | undefined;
  user(id: string): KnownUser | undefined;
  /** @param username canonical form */
  userByUsername(username: string): KnownUser | undefined;
  /** Users whose link to the connector has the subject: one, or none; two only while events overtake each other. */
  usersBySubject(connectorId: string, digest: string): readonly KnownUser[];
  linkedUsers(connectorId: string): number;
  /** Version of a connector or user; 0 when it is not known. */
  version(aggregateId: string): number;
  /** Resolves to whether the aggregate has the version, at the latest after `timeoutMs`. */
  waitFor(aggregateId: string, version: number, timeoutMs: number): Promise<boolean>;

  /** Applies state records in order and saves the position, in one transaction. */
  apply(batch: MessageBatch): void;
  positions(): Positions;
  /** Throws the view away when it was built from another log; then remembers the log. @returns whether it was thrown away */
  adopt(identity: LogIdentity): boolean;
  clear(): void;
  /** Forgets connectors or users, so that nobody is let in by what is known of them, until a record tells of them anew. */
  forget(aggregateIds: readonly string[]): void;
  /** How often it was thrown away since it was opened. */
  generation(): number;
  /** Notes that it has everything that was on the log at this moment (epoch milliseconds). */
  confirm(at: number): void;
  /** When it was last confirmed, else began to be built, epoch milliseconds; undefined while it is new. */
  freshAt(): number | undefined;
  /** When it was last confirmed; undefined for one that never had everything, of which old records may be all it has. */
  confirmedAt(): number | undefined;
  /** Sessions that a change has put an end to, until `ended` says that it is done. */
  endings(limit: number): readonly StoredEnding[];
  ended(number: number): void;
  onApplied(listener: () => void): void;
  close(): void;
}

interface Waiter {
  readonly version: number;
  readonly settle: (reached: boolean) => void;
}

const cachedConnectors = 1_000;
const cachedUsers = 10_000;

const sameIdentity = (a: LogIdentity, b: LogIdentity): boolean => {
  const names = Object.keys({ ...a.topicIds, ...b.topicIds });
  return a.logId === b.logId && names.every((name) => a.topicIds[name] === b.topicIds[name]);
};

const applyMessages = (tables: Tables, batch: MessageBatch, now: number): void => {
  for (const message of batch.messages) {
    if (message.kind === 'fact') continue;
    const { key, record } = message;
    if (record === undefined) {
      if (message.kind === 'connector-state') tables.forgetConnector(key);
      else tables.forgetUser(key);
      continue;
    }
    // The greater version wins: compaction and repeats bring old records too.
    if (message.kind === 'connector-state') {
      const before = tables.connector(key);
      if (record.version <= (before?.version ?? 0)) continue;
      const after = tables.putConnector(key, message.record as NonNullable<typeof message.record>);
      endingsOf.connector(before, after).forEach(tables.putEnding);
    } else {
      const before = tables.user(key);
      if (record.version <= (before?.version ?? 0)) continue;
      const after = tables.putUser(key, message.record as NonNullable<typeof message.record>, before);
      endingsOf.user(before, after).forEach(tables.putEnding);
    }
  }
  tables.putPosition(batch.topic, batch.partition, batch.next);
  tables.putBegunAt(now);
};

/**
 * Opens the projection's database. A power cut may undo its last writes together with their positions: they are read again.
 * @param path a file of its own, or `:memory:`
 * @throws SqliteError
 */
export const openProjection = (path: string, clock: Clock): Projection => {
  const database: Database = openDatabase(path, { synchronous: 'normal', migrations });
  const tables = createTables(database);
  const connectors = createBoundedCache<string, KnownConnector>(cachedConnectors);
  const users = createBoundedCache<string, KnownUser>(cachedUsers);
  const waiters = new Map<string, Set<Waiter>>();
  const listeners: (() => void)[] = [];
  let generation = 0;

  const connector = (id: string): KnownConnector | undefined => {
    const cached = connectors.get(id);
    if (cached !== undefined) return cached;
    const known = tables.connector(id);
    if (known !== undefined) connectors.set(id, known);
    return known;
  };
  const user = (id: string): KnownUser | undefined => {
    const cached = users.get(id);
    if (cached !== undefined) return cached;
    const known = tables.user(id);
    if (known !== undefined) users.set(id, known);
    return known;
  };
  const isKnown = <Known>(known: Known | undefined): known is Known => known !== undefined;

  const settleWaiters = (aggregateId: string): void => {
    const waiting = waiters.get(aggregateId);
    if (waiting === undefined) return;
    const version = tables.version(aggregateId);
    for (const waiter of waiting) if (version >= waiter.version) waiter.settle(true);
  };

  const version = (aggregateId: string): number =>
    (connectors.get(aggregateId) ?? users.get(aggregateId))?.version ?? tables.version(aggregateId);

  const clear = (): void => {
    database.transaction(() => tables.clear());
    connectors.clear();
    users.clear();
    generation += 1;
  };

  return {
    connector,
    connectorByReference(reference) {
      const id = tables.connectorIdByReference(reference);
      return id === undefined ? undefined : connector(id);
    },
    user,
    userByUsername(username) {
      const id = tables.userIdByUsername(username);
      return id === undefined ? undefined : user(id);
    },
    usersBySubject: (connectorId, digest) => tables.userIdsBySubject(connectorId, digest).map(user).filter(isKnown),
    linkedUsers: tables.linkedUsers,
    version,
    waitFor(aggregateId, wanted, timeoutMs) {
      if (version(aggregateId) >= wanted) return Promise.resolve(true);
      return new Promise((resolve) => {
        const waiting = waiters.get(aggregateId) ?? new Set<Waiter>();
        waiters.set(aggregateId, waiting);
        const settle = (reached: boolean): void => {
          clearTimeout(timer);
          waiting.delete(waiter);
          if (waiting.size === 0) waiters.delete(aggregateId);
          resolve(reached);
        };
        const waiter: Waiter = { version: wanted, settle };
        const timer = setTimeout(() => settle(false), timeoutMs);
        waiting.add(waiter);
      });
    },
    apply(batch) {
      database.transaction(() => applyMessages(tables, batch, clock.now()));
      for (const { key } of batch.messages) {
        connectors.delete(key);
        users.delete(key);
        settleWaiters(key);
      }
      for (const listener of listeners) listener();
    },
    positions: tables.positions,
    adopt(identity) {
      const known = tables.identity();
      const isOther = known !== undefined && !sameIdentity(known, identity);
      if (isOther) clear();
      if (isOther || known === undefined) tables.putIdentity(identity);
      return isOther;
    },
    clear,
    forget(aggregateIds) {
      database.transaction(() => {
        for (const id of aggregateIds) {
          tables.forgetConnector(id);
          tables.forgetUser(id);
        }
      });
      for (const id of aggregateIds) {
        connectors.delete(id);
        users.delete(id);
      }
    },
    generation: () => generation,
    // Of a view that knows nothing, not even from which log, there is nothing to confirm.
    confirm(at) {
      if (tables.identity() !== undefined) database.transaction(() => tables.putConfirmedAt(at));
    },
    freshAt: tables.freshAt,
    confirmedAt: tables.confirmedAt,
    endings: tables.endings,
    ended: tables.dropEnding,
    onApplied: (listener) => {
      listeners.push(listener);
    },
    close() {
      for (const waiting of [...waiters.values()]) for (const waiter of [...waiting]) waiter.settle(false);
      database.close();
    },
  };
};
