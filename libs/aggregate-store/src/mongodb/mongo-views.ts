import type { View, ViewPage, ViewQuery, ViewSource, Views } from '../aggregate-store.ts';
import { decodeCursor, encodeCursor, inOrder } from '../cursor.ts';
import type { MongoDatabase } from './mongo-database.ts';
import { labelled, ownerName, type PositionDocument, type StoreModels, type ViewDocument } from './schema.ts';
import { fromOrdered, toOrdered } from './text-order.ts';
import { writeRows } from './view-writes.ts';

type Row = Required<Pick<ViewDocument, '_id' | 'key' | 'sort' | 'row'>>;

const stored = { key: 1, sort: 1, row: 1 } as const;

/** Rows that a reset throws away in one step. */
const resetAtOnce = 1_000;

const sourceName = ({ consumer, topic, partition }: ViewSource): string => `${consumer}/${topic}/${partition}`;

const mongoView = <Content>(database: MongoDatabase, name: string): View<Content> => {
  const view = ownerName(name);
  const keyed = (key: string): string => `${view}/${key}`;
  const parse = ({ row }: Pick<Row, 'row'>): Content => JSON.parse(row) as Content;

  const page = async ({ limit, cursor, tags, order }: ViewQuery): Promise<ViewPage<Content>> => {
    const wanted = inOrder(tags);
    const query = [view, wanted, order];
    const from = cursor === undefined ? undefined : decodeCursor(query, cursor);
    const direction = order === 'ascending' ? 1 : -1;
    const behind = order === 'ascending' ? '$gt' : '$lt';
    const reach =
      from === undefined
        ? {}
        : {
            sort: { [`${behind}e`]: toOrdered(from.sort) },
            $or: [{ sort: { [behind]: toOrdered(from.sort) } }, { _id: { [behind]: keyed(from.id) } }],
          };
    const rows = await database.run((models) =>
      models.rows
        .find({
          ...(wanted.length === 0
            ? { view }
            : { tags: { $all: wanted.map(([tag, value]) => labelled(view, tag, value)) } }),
          row: { $exists: true },
          ...reach,
        })
        .sort({ sort: direction, _id: direction })
        .limit(limit + 1)
        .select(stored)
        .lean<Row[]>(),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((each) => ({ key: each.key, row: parse(each) })),
      ...(rows.length > limit && last !== undefined
        ? { nextCursor: encodeCursor(query, { sort: fromOrdered(last.sort), id: last.key }) }
        : {}),
    };
  };

  const getMany = async (keys: readonly string[]): Promise<ReadonlyMap<string, Content>> => {
    const rows = await database.run((models) =>
      models.rows
        .find({ _id: { $in: [...new Set(keys)].map(keyed) }, row: { $exists: true } })
        .select(stored)
        .lean<Row[]>(),
    );
    return new Map(rows.map((each) => [each.key, parse(each)]));
  };

  return {
    async get(key) {
      return (await getMany([key])).get(key);
    },
    getMany,
    list: page,
    async count(tag, value) {
      return database.run(({ rows }) => rows.countDocuments({ tags: labelled(view, tag, value) }));
    },
    async prune(bound, limit) {
      return database.run(async ({ rows }) => {
        const aged = { view, sort: { $lt: toOrdered(bound), $gt: '' } };
        const found = await rows.find(aged).sort({ sort: 1, _id: 1 }).limit(limit).select({ _id: 1 }).lean();
        if (found.length === 0) return 0;
        // Asked again: a row may have been written anew in between.
        return (await rows.deleteMany({ ...aged, _id: { $in: found.map(({ _id }) => _id) } })).deletedCount;
      });
    },
  };
};

/** Throws away what a reset named, rows first: a reset that breaks off goes on where positions are next asked for. */
const finishReset = async ({ rows, positions }: StoreModels, { _id, resetting }: PositionDocument): Promise<void> => {
  const filter = { source: _id, view: { $in: [...(resetting ?? [])] } };
  for (;;) {
    const found = await rows.find(filter).limit(resetAtOnce).select({ _id: 1 }).lean();
    if (found.length === 0) break;
    await rows.deleteMany({ ...filter, _id: { $in: found.map(({ _id: row }) => row) } });
  }
  await positions.deleteOne({ _id, resetting: { $exists: true } });
};

/** Runs work of one name in the order of the calls. */
const createTurns = () => {
  const last = new Map<string, Promise<unknown>>();
  return async (name: string, work: () => Promise<void>): Promise<void> => {
    const before = last.get(name);
    const mine = (before ?? Promise.resolve()).catch(() => undefined).then(work);
    last.set(name, mine);
    try {
      await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
};

/** Views and positions in collections that all processes of a service share. */
export const mongoViews = (database: MongoDatabase): Views => {
  // Rows and position are two writes: a later call must not save its position while an earlier one still writes rows.
  const inTurn = createTurns();
  return {
    view: (name) => mongoView(database, name),
    async positions(consumer) {
      return database.run(async (models) => {
        const found: Record<string, Record<number, number>> = {};
        const saved = await models.positions.find({ consumer }).lean<PositionDocument[]>();
        for (const position of saved) {
          const { topic, partition, next, resetting } = position;
          if (resetting !== undefined) await finishReset(models, position);
          else if (next !== undefined) found[topic] = { ...found[topic], [partition]: next };
        }
        return found;
      });
    },
    async apply({ writes, position, source = position }) {
      const from = source === undefined ? undefined : sourceName(source);
      const write = () =>
        database.run(async (models) => {
          await writeRows(models.rows, writes, from);
          if (position === undefined) return;
          const { consumer, topic, partition, next } = position;
          await models.positions.updateOne(
            { _id: sourceName(position) },
            { $set: { consumer, topic, partition, next } },
            { upsert: true },
          );
        });
      await (position === undefined ? write() : inTurn(sourceName(position), write));
    },
    async reset(source, views) {
      const { consumer, topic, partition } = source;
      const _id = sourceName(source);
      const resetting = views.map(ownerName);
      const forget = () =>
        database.run(async (models) => {
          await models.positions.updateOne(
            { _id },
            { $set: { consumer, topic, partition, resetting }, $unset: { next: 1 } },
            { upsert: true },
          );
          await finishReset(models, { _id, consumer, topic, partition, resetting });
        });
      await inTurn(_id, forget);
    },
  };
};
