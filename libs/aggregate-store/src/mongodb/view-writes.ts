import { type AnyBulkWriteOperation, type Model, mongo } from 'mongoose';
import type { ViewWrite } from '../aggregate-store.ts';
import { sortKey } from '../cursor.ts';
import { duplicateKey } from './mongo-errors.ts';
import { labelled, ownerName, type ViewDocument } from './schema.ts';
import { toOrdered } from './text-order.ts';

type Write = ViewWrite<unknown> & { readonly view: string };
type Operation = AnyBulkWriteOperation<ViewDocument>;

const idOf = ({ view, key }: Write): string => `${ownerName(view)}/${key}`;

const absent = 1 as const;

const updateOf = ({ view, key, row, sort = '', tags = {}, revision }: Write, source: string | undefined) => {
  const values = row === undefined ? {} : tags;
  const labels = Object.entries(values).flatMap(([tag, each]) =>
    [...new Set(each)].map((value) => labelled(view, tag, value)),
  );
  return {
    $set: {
      view,
      key,
      sort: toOrdered(sortKey(sort)),
      ...(revision === undefined ? {} : { revision }),
      ...(row === undefined ? {} : { row: JSON.stringify(row) }),
      ...(labels.length === 0 ? {} : { tags: labels }),
      ...(source === undefined ? {} : { source }),
    },
    $unset: {
      ...(revision === undefined ? { revision: absent } : {}),
      ...(row === undefined ? { row: absent } : {}),
      ...(labels.length === 0 ? { tags: absent } : {}),
      ...(source === undefined ? { source: absent } : {}),
    },
  };
};

/** One write as one operation. The stored row stays when its revision is equal or greater. */
const operationOf = (write: Write, source: string | undefined, upsert: boolean): Operation => {
  const { row, revision } = write;
  const _id = idOf(write);
  if (row === undefined && revision === undefined) return { deleteOne: { filter: { _id } } };
  // A row deleted at a revision leaves that revision behind, or an older write that comes late would bring it back.
  const isOlder =
    revision === undefined ? {} : { $or: [{ revision: { $lt: revision } }, { revision: { $exists: false } }] };
  return { updateOne: { filter: { _id, ...isOlder }, update: updateOf(write, source), upsert } };
};

/** Writes in their order, in groups that hold no key twice: within a group the order is the server's. */
const inGroups = (writes: readonly Write[]): readonly (readonly Write[])[] => {
  const groups: Write[][] = [];
  const times = new Map<string, number>();
  for (const write of writes) {
    const id = idOf(write);
    const nth = times.get(id) ?? 0;
    times.set(id, nth + 1);
    const group = groups[nth] ?? [];
    group.push(write);
    groups[nth] = group;
  }
  return groups;
};

/** Those of `writes` that found a row of their key which they could not take the place of. */
const refusedAmong = (writes: readonly Write[], error: unknown): readonly Write[] => {
  if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
  const errors = [error.writeErrors].flat();
  if (errors.length === 0 || errors.some(({ code }) => code !== duplicateKey)) throw error;
  return errors.flatMap(({ index }) => writes[index] ?? []);
};

const writeGroup = async (rows: Model<ViewDocument>, writes: readonly Write[], source: string | undefined) => {
  const run = (some: readonly Write[], upsert: boolean) =>
    rows.bulkWrite(
      some.map((write) => operationOf(write, source, upsert)),
      { ordered: false },
    );
  try {
    await run(writes, true);
  } catch (error) {
    // The row is there: with a greater revision, then it stays; or it was made a moment ago with a smaller one.
    await run(refusedAmong(writes, error), false);
  }
};

/** Writes rows of views in few requests. Repeating it changes nothing. */
export const writeRows = async (
  rows: Model<ViewDocument>,
  writes: readonly Write[],
  source: string | undefined,
): Promise<void> => {
  for (const group of inGroups(writes)) await writeGroup(rows, group, source);
};
