import type { Clock, Ids } from '@gatehouse/contracts';
import {
  type AggregateChange,
  type AggregateStore,
  AggregateStoreError,
  type ListPage,
  type ListQuery,
  type Saved,
} from '../aggregate-store.ts';
import { decodeCursor, encodeCursor, inOrder, sortKey } from '../cursor.ts';
import type { MongoDatabase } from './mongo-database.ts';
import { duplicateOf, isOutcomeUnknown, isTooLarge, storeError } from './mongo-errors.ts';
import { mongoOutbox, toItem } from './mongo-outbox.ts';
import { createOutboxBound } from './outbox-bound.ts';
import { type AggregateDocument, labelled, nameIn, ownerName, type StoreModels } from './schema.ts';
import { fromOrdered, toOrdered } from './text-order.ts';

export interface MongoAggregatesOptions {
  readonly kind: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly outboxName: string;
  /** Waiting records of the kind beyond which nothing is saved. */
  readonly outboxLimit: number;
  /** The same for one aggregate, whose document bears them: a document may have 16 MiB. */
  readonly aggregateOutboxLimit: number;
}

type Stored = Pick<AggregateDocument, 'id' | 'version' | 'sort'> & { readonly state: string };

const stored = { id: 1, version: 1, state: 1, sort: 1 } as const;

/** A save whose answer is missing is looked for this long. */
const secondLookMs = 1_500;

/** Signs that mean something in a pattern are taken as they are. */
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\u0000', '\\x00');

const refuseSenseless = ({ expectedVersion, version, state }: AggregateChange<unknown>): void => {
  if (version <= expectedVersion) throw new RangeError('the version of a change is greater than the one it expects');
  if (state === undefined && expectedVersion === 0) throw new RangeError('what does not exist cannot be deleted');
};

/** Aggregates of one kind, each one document with its outbox inside; every save is one update of that document. */
export const mongoAggregates = <State>(
  database: MongoDatabase,
  options: MongoAggregatesOptions,
): AggregateStore<State> => {
  const { clock, ids, outboxName, outboxLimit, aggregateOutboxLimit } = options;
  const kind = ownerName(options.kind);
  const outbox = mongoOutbox(database, { kind, name: outboxName, clock });
  const bound = createOutboxBound({ clock, limit: outboxLimit, name: outboxName, depth: () => outbox.depth() });

  const key = (id: string): string => `${kind}/${id}`;
  const toSaved = ({ id, version, state }: Stored): Saved<State> => ({
    id,
    version,
    state: JSON.parse(state) as State,
  });

  const labels = (values: Readonly<Record<string, readonly string[]>>): string[] =>
    Object.entries(values).flatMap(([name, each]) => [...new Set(each)].map((value) => labelled(kind, name, value)));

  /** The document as the change expects it, with room for its records. */
  const expected = ({ id, expectedVersion, outbox: records }: AggregateChange<State>) => ({
    _id: key(id),
    ...(expectedVersion === 0 ? { state: { $exists: false } } : { state: { $exists: true }, version: expectedVersion }),
    [`outbox.${Math.max(0, aggregateOutboxLimit - records.length)}`]: { $exists: false },
  });

  const updateOf = (change: AggregateChange<State>, token: string) => {
    const { id, version, state, listing, unique } = change;
    const now = clock.now();
    const items = change.outbox.map(({ record, sendAfter }, at) => toItem(`${token}.${at}`, record, sendAfter ?? 0));
    const keys = labels(unique);
    const filters = Object.entries(listing.filters).map(([name, value]) => labelled(kind, name, value));
    const isDeletion = state === undefined;
    const queues = items.length > 0 || isDeletion;
    return {
      $set: {
        kind,
        id,
        version,
        savedBy: token,
        ...(isDeletion
          ? {}
          : { state: JSON.stringify(state), sort: toOrdered(sortKey(listing.sort)), text: listing.text.toLowerCase() }),
        ...(isDeletion || keys.length === 0 ? {} : { unique: keys }),
        ...(isDeletion || filters.length === 0 ? {} : { filters }),
        ...(queues ? { 'waiting.kind': kind, 'waiting.id': id } : {}),
      },
      $unset: {
        ...(isDeletion ? { state: 1, sort: 1, text: 1 } : {}),
        ...(isDeletion || keys.length === 0 ? { unique: 1 } : {}),
        ...(isDeletion || filters.length === 0 ? { filters: 1 } : {}),
      },
      $push: { outbox: { $each: items } },
      ...(queues ? { $min: { 'waiting.since': Math.max(now, items[0]?.due ?? 0) } } : {}),
    };
  };

  const conflict = (id: string, expectedVersion: number): AggregateStoreError =>
    new AggregateStoreError('version_conflict', `${kind} ${id} does not have version ${expectedVersion}`);

  const full = (id: string): AggregateStoreError =>
    new AggregateStoreError('outbox_full', `${kind} ${id} has too many records that wait`);

  /** Why no document was as the change expects it. */
  const refusal = async ({ id, expectedVersion }: AggregateChange<State>): Promise<AggregateStoreError> => {
    const found = await database.run(({ aggregates }) =>
      aggregates.findById(key(id), { version: 1, state: 1 }).lean<Pick<AggregateDocument, 'version' | 'state'>>(),
    );
    const current = found?.state === undefined ? 0 : found.version;
    return current === expectedVersion && found !== null ? full(id) : conflict(id, expectedVersion);
  };

  /** Whether the save of this token was carried out: it made the version that is there, or its records still wait. */
  const wasCarriedOut = async (id: string, token: string): Promise<boolean> => {
    const look = ({ aggregates }: StoreModels) =>
      aggregates
        .exists({ _id: key(id), $or: [{ savedBy: token }, { 'outbox.id': `${token}.0` }] })
        .maxTimeMS(secondLookMs)
        .lean();
    try {
      return (await database.attempt(look, secondLookMs)) !== null;
    } catch {
      return false;
    }
  };

  const write = async (change: AggregateChange<State>, token: string): Promise<'written' | 'not-as-expected'> => {
    const { id, expectedVersion } = change;
    try {
      const found = await database.attempt(({ aggregates }) =>
        aggregates
          .findOneAndUpdate(expected(change), updateOf(change, token), {
            upsert: expectedVersion === 0,
            projection: { _id: 1 },
            returnDocument: 'after',
          })
          .lean(),
      );
      return found === null ? 'not-as-expected' : 'written';
    } catch (error) {
      const duplicate = duplicateOf(error);
      if (duplicate?.field === '_id') return 'not-as-expected';
      if (duplicate !== undefined) {
        const index = nameIn(duplicate.key);
        throw new AggregateStoreError('unique_taken', `another ${kind} holds this ${index}`, { index });
      }
      if (isTooLarge(error)) throw full(id);
      if (isOutcomeUnknown(error) && (await wasCarriedOut(id, token))) return 'written';
      throw storeError(error);
    }
  };

  const save = async (change: AggregateChange<State>): Promise<void> => {
    const now = clock.now();
    const atOnce = change.outbox.filter(({ sendAfter }) => sendAfter === undefined || sendAfter <= now).length;
    await bound.refuseWhenFull(atOnce);
    if ((await write(change, ids.secret(12))) === 'not-as-expected') throw await refusal(change);
    bound.changed(atOnce);
  };

  const page = async ({ limit, cursor, q, filters }: ListQuery): Promise<ListPage<State>> => {
    const wanted = inOrder(filters);
    const search = q === undefined || q === '' ? undefined : q.toLowerCase();
    const query = [kind, search ?? null, wanted];
    const from = cursor === undefined ? undefined : decodeCursor(query, cursor);
    const fromSort = toOrdered(from?.sort ?? '');
    const rows = await database.run(({ aggregates }) =>
      aggregates
        .find({
          ...(wanted.length === 0
            ? { kind }
            : { filters: { $all: wanted.map(([name, value]) => labelled(kind, name, value)) } }),
          // What was deleted has no sort, and no filters.
          sort: { $gte: fromSort },
          ...(from === undefined ? {} : { $or: [{ sort: { $gt: fromSort } }, { _id: { $gt: key(from.id) } }] }),
          ...(search === undefined ? {} : { text: { $regex: literal(search) } }),
        })
        .sort({ sort: 1, _id: 1 })
        .limit(limit + 1)
        .select(stored)
        .lean<(Stored & { readonly sort: string })[]>(),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return {
      items: items.map(toSaved),
      ...(more ? { nextCursor: encodeCursor(query, { sort: fromOrdered(last.sort), id: last.id }) } : {}),
    };
  };

  return {
    outbox: {
      ...outbox,
      async markSent(positions) {
        await outbox.markSent(positions);
        bound.changed(-positions.length);
      },
    },
    async load(id) {
      const found = await database.run(({ aggregates }) =>
        aggregates.findOne({ _id: key(id), state: { $exists: true } }, stored).lean<Stored>(),
      );
      return found === null ? undefined : toSaved(found);
    },
    async findByUnique(index, value) {
      const found = await database.run(({ aggregates }) =>
        aggregates.findOne({ unique: labelled(kind, index, value) }, stored).lean<Stored>(),
      );
      return found === null ? undefined : toSaved(found);
    },
    async save(change) {
      refuseSenseless(change);
      await save(change);
      outbox.committed();
    },
    list: page,
    async count(filters) {
      const wanted = inOrder(filters).map(([name, value]) => labelled(kind, name, value));
      return database.run(({ aggregates }) =>
        aggregates.countDocuments(wanted.length === 0 ? { kind, sort: { $gte: '' } } : { filters: { $all: wanted } }),
      );
    },
  };
};
