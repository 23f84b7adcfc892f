import { type IndexDefinition, type IndexOptions, mongo } from 'mongoose';
import { MongoIndexMissing } from './mongo-errors.ts';
import type { StoreModels } from './schema.ts';

interface Index {
  readonly name: string;
  readonly key: Readonly<Record<string, number>>;
  readonly unique: boolean;
  readonly sparse: boolean;
}

type Indexed = StoreModels['aggregates' | 'rows' | 'positions'];

const toIndex = ([key, { name = '', unique, sparse }]: readonly [IndexDefinition, IndexOptions]): Index => ({
  name,
  key: key as Readonly<Record<string, number>>,
  unique: unique === true,
  sparse: sparse === true,
});

const wantedOf = (model: Indexed): readonly Index[] =>
  model.schema.indexes().map(([key, options]) => toIndex([key, options as IndexOptions]));

const namespaceNotFound = 26;

const presentOf = async (model: Indexed): Promise<readonly Index[]> => {
  try {
    const found = await model.collection.listIndexes().toArray();
    return found.map(({ key, ...options }) => toIndex([key as IndexDefinition, options as IndexOptions]));
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === namespaceNotFound) return [];
    throw error;
  }
};

const isSame = (a: Index, b: Index): boolean =>
  JSON.stringify(Object.entries(a.key)) === JSON.stringify(Object.entries(b.key)) &&
  a.unique === b.unique &&
  a.sparse === b.sparse;

/** Indexes that are not there, and such as have the name but another meaning. */
const missingOf = async (model: Indexed): Promise<readonly Index[]> => {
  const present = await presentOf(model);
  return wantedOf(model).filter((wanted) => !present.some((each) => each.name === wanted.name && isSame(each, wanted)));
};

const indexed = ({ aggregates, rows, positions }: StoreModels): readonly Indexed[] => [aggregates, rows, positions];

/**
 * Makes the indexes that are missing; returns their names. Idempotent, and safe beside running services.
 * @throws MongoServerError when an index of the name has another meaning
 */
export const applyIndexes = async (models: StoreModels): Promise<readonly string[]> => {
  const made: string[] = [];
  for (const model of indexed(models)) {
    const missing = await missingOf(model);
    if (missing.length === 0) continue;
    await model.collection.createIndexes(
      missing.map(({ name, key, unique, sparse }) => ({
        name,
        key: { ...key },
        ...(unique && { unique }),
        ...(sparse && { sparse }),
      })),
    );
    made.push(...missing.map(({ name }) => `${model.collection.name}.${name}`));
  }
  return made;
};

/** @throws MongoIndexMissing naming every index that is not there */
export const checkIndexes = async (models: StoreModels): Promise<void> => {
  const missing: string[] = [];
  for (const model of indexed(models)) {
    for (const { name } of await missingOf(model)) missing.push(`${model.collection.name}.${name}`);
  }
  if (missing.length > 0) throw new MongoIndexMissing(`missing index ${missing.join(', ')}`);
};
