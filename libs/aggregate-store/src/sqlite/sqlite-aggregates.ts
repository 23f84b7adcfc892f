import type { Clock } from '@gatehouse/contracts';
import { sqliteOutbox } from '@gatehouse/event-log/sqlite';
import type { Database } from '@gatehouse/sqlite';
import {
  type AggregateChange,
  type AggregateStore,
  AggregateStoreError,
  type ListPage,
  type ListQuery,
  type Saved,
} from '../aggregate-store.ts';
import { decodeCursor, encodeCursor, inOrder, sortKey } from '../cursor.ts';
import { unavailable } from './sqlite-errors.ts';

export interface SqliteAggregatesOptions {
  readonly kind: string;
  readonly clock: Clock;
  readonly outboxName: string;
  /** Waiting records beyond which nothing is saved. */
  readonly outboxLimit: number;
}

interface AggregateRow {
  readonly id: string;
  readonly version: number;
  readonly state: string;
}

interface KeyRow {
  readonly name: string;
  readonly key: string;
}

interface FilterRow {
  readonly name: string;
  readonly value: string;
}

const pairs = (unique: Readonly<Record<string, readonly string[]>>): readonly KeyRow[] =>
  Object.entries(unique).flatMap(([name, keys]) => [...new Set(keys)].map((key) => ({ name, key })));

interface Selection {
  /** From what, and under which conditions; its rows `o` come in the order of the list. */
  readonly sql: string;
  readonly values: readonly string[];
}

/** Rows of one kind that have all filters: those of the first one, of which the others are asked for membership. */
const selection = (kind: string, filters: readonly (readonly [string, string])[]): Selection => {
  const [driving, ...others] = filters;
  if (driving === undefined) return { sql: 'listings o WHERE o.kind = ?', values: [kind] };
  const membership = ` AND EXISTS (SELECT 1 FROM listing_filters f
    WHERE f.kind = o.kind AND f.name = ? AND f.value = ? AND f.sort = o.sort AND f.id = o.id)`;
  return {
    sql: `listing_filters o WHERE o.kind = ? AND o.name = ? AND o.value = ?${membership.repeat(others.length)}`,
    values: [kind, ...driving, ...others.flat()],
  };
};

const refuseSenseless = ({ expectedVersion, version, state }: AggregateChange<unknown>): void => {
  if (version <= expectedVersion) throw new RangeError('the version of a change is greater than the one it expects');
  if (state === undefined && expectedVersion === 0) throw new RangeError('what does not exist cannot be deleted');
};

/** Aggregates of one kind in the tables of `migrations`; every save is one transaction. */
export const sqliteAggregates = <State>(
  database: Database,
  options: SqliteAggregatesOptions,
): AggregateStore<State> => {
  const { kind, clock, outboxName, outboxLimit } = options;
  const outbox = sqliteOutbox(database, { name: outboxName, clock });

  const byId = database.prepare('SELECT id, version, state FROM aggregates WHERE kind = ? AND id = ?');
  const versionOf = database.prepare('SELECT version, sort FROM aggregates WHERE kind = ? AND id = ?');
  const byKey = database.prepare(`
    SELECT a.id, a.version, a.state FROM unique_keys k JOIN aggregates a ON a.kind = k.kind AND a.id = k.id
    WHERE k.kind = ? AND k.name = ? AND k.key = ?`);
  const insert = database.prepare('INSERT INTO aggregates (version, state, sort, kind, id) VALUES (?, ?, ?, ?, ?)');
  const update = database.prepare('UPDATE aggregates SET version = ?, state = ?, sort = ? WHERE kind = ? AND id = ?');
  const remove = database.prepare('DELETE FROM aggregates WHERE kind = ? AND id = ?');
  const keysOf = database.prepare('SELECT name, key FROM unique_keys WHERE kind = ? AND id = ?');
  const holderOf = database.prepare('SELECT id FROM unique_keys WHERE kind = ? AND name = ? AND key = ?');
  const insertKey = database.prepare('INSERT INTO unique_keys (kind, name, key, id) VALUES (?, ?, ?, ?)');
  const removeKey = database.prepare('DELETE FROM unique_keys WHERE kind = ? AND name = ? AND key = ?');
  const upsertListing = database.prepare(`
    INSERT INTO listings (kind, sort, id, text) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, sort, id) DO UPDATE SET text = excluded.text WHERE text <> excluded.text`);
  const removeListing = database.prepare('DELETE FROM listings WHERE kind = ? AND sort = ? AND id = ?');
  const filtersOf = database.prepare('SELECT name, value FROM listing_filters WHERE kind = ? AND id = ?');
  const insertFilter = database.prepare(
    'INSERT INTO listing_filters (kind, name, value, sort, id) VALUES (?, ?, ?, ?, ?)',
  );
  const removeFilter = database.prepare(
    'DELETE FROM listing_filters WHERE kind = ? AND name = ? AND value = ? AND sort = ? AND id = ?',
  );

  const toSaved = ({ id, version, state }: AggregateRow): Saved<State> => ({
    id,
    version,
    state: JSON.parse(state) as State,
  });

  const saveKeys = (id: string, wanted: readonly KeyRow[]): void => {
    const held = keysOf.all<KeyRow>(kind, id);
    const isIn = (list: readonly KeyRow[], { name, key }: KeyRow): boolean =>
      list.some((each) => each.name === name && each.key === key);
    for (const { name, key } of held.filter((each) => !isIn(wanted, each))) removeKey.run(kind, name, key);
    for (const { name, key } of wanted.filter((each) => !isIn(held, each))) {
      if (holderOf.get(kind, name, key) !== undefined) {
        throw new AggregateStoreError('unique_taken', `another ${kind} holds this ${name}`, { index: name });
      }
      insertKey.run(kind, name, key, id);
    }
  };

  const saveListing = (change: AggregateChange<State>, oldSort: string | undefined): void => {
    const { id, state, listing } = change;
    const sort = sortKey(listing.sort);
    if (oldSort !== undefined && (state === undefined || oldSort !== sort)) removeListing.run(kind, oldSort, id);
    if (state !== undefined) upsertListing.run(kind, sort, id, listing.text.toLowerCase());
    const wanted = state === undefined ? {} : listing.filters;
    const held = oldSort === undefined ? [] : filtersOf.all<FilterRow>(kind, id);
    const kept = new Set<string>();
    for (const { name, value } of held) {
      if (oldSort === sort && wanted[name] === value) kept.add(name);
      else removeFilter.run(kind, name, value, oldSort ?? '', id);
    }
    for (const [name, value] of Object.entries(wanted)) {
      if (!kept.has(name)) insertFilter.run(kind, name, value, sort, id);
    }
  };

  const saveState = ({ id, version, state, listing }: AggregateChange<State>, exists: boolean): void => {
    if (state === undefined) remove.run(kind, id);
    else (exists ? update : insert).run(version, JSON.stringify(state), sortKey(listing.sort), kind, id);
  };

  const saveOutbox = ({ id, outbox: records }: AggregateChange<State>): void => {
    const now = clock.now();
    const atOnce = records.filter(({ sendAfter }) => sendAfter === undefined || sendAfter <= now).length;
    if (atOnce > 0 && outbox.waiting() + atOnce > outboxLimit) {
      throw new AggregateStoreError('outbox_full', `${outboxLimit} records of ${outboxName} wait already`);
    }
    for (const { record, sendAfter } of records) outbox.append(id, record, sendAfter);
  };

  const save = (change: AggregateChange<State>): void => {
    const { id, expectedVersion } = change;
    const current = versionOf.get<{ readonly version: number; readonly sort: string }>(kind, id);
    if ((current?.version ?? 0) !== expectedVersion) {
      throw new AggregateStoreError(
        'version_conflict',
        `${kind} ${id} has version ${current?.version ?? 0}, not ${expectedVersion}`,
      );
    }
    saveKeys(id, change.state === undefined ? [] : pairs(change.unique));
    saveListing(change, current?.sort);
    saveState(change, current !== undefined);
    saveOutbox(change);
  };

  const page = ({ limit, cursor, q, filters }: ListQuery): ListPage<State> => {
    const wanted = inOrder(filters);
    const search = q === undefined || q === '' ? undefined : q.toLowerCase();
    const query = [kind, search ?? null, wanted];
    const from = cursor === undefined ? undefined : decodeCursor(query, cursor);
    const { sql, values } = selection(kind, wanted);
    const matching =
      wanted.length === 0
        ? ' AND instr(o.text, ?) > 0'
        : ` AND EXISTS (SELECT 1 FROM listings l
            WHERE l.kind = o.kind AND l.sort = o.sort AND l.id = o.id AND instr(l.text, ?) > 0)`;
    const rows = database
      .prepare(
        `SELECT a.id, a.version, a.state, o.sort FROM
           (SELECT o.sort, o.id FROM ${sql}
            ${from === undefined ? '' : ' AND (o.sort, o.id) > (?, ?)'}${search === undefined ? '' : matching}
            ORDER BY o.sort, o.id LIMIT ?) o
         JOIN aggregates a ON a.kind = ? AND a.id = o.id ORDER BY o.sort, o.id`,
      )
      .all<AggregateRow & { readonly sort: string }>(
        ...values,
        ...(from === undefined ? [] : [from.sort, from.id]),
        ...(search === undefined ? [] : [search]),
        limit + 1,
        kind,
      );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items: items.map(toSaved), ...(more ? { nextCursor: encodeCursor(query, last) } : {}) };
  };

  const countAll = (filters: Readonly<Record<string, string>> | undefined): number => {
    const { sql, values } = selection(kind, inOrder(filters));
    const row = database.prepare(`SELECT count(*) AS found FROM ${sql}`).get<{ readonly found: number }>(...values);
    return row?.found ?? 0;
  };

  return {
    outbox,
    async load(id) {
      const row = unavailable(() => byId.get<AggregateRow>(kind, id));
      return row === undefined ? undefined : toSaved(row);
    },
    async findByUnique(index, key) {
      const row = unavailable(() => byKey.get<AggregateRow>(kind, index, key));
      return row === undefined ? undefined : toSaved(row);
    },
    async save(change) {
      refuseSenseless(change);
      unavailable(() => database.transaction(() => save(change)));
      outbox.committed();
    },
    async list(query) {
      return unavailable(() => page(query));
    },
    async count(filters) {
      return unavailable(() => countAll(filters));
    },
  };
};
