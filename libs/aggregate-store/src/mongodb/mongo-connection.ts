import { Mongoose } from 'mongoose';
import { type ConnectionSettings, connectionOptions } from './connection-options.ts';
import { applyIndexes, checkIndexes } from './indexes.ts';
import { type StoreModels, storeModels } from './schema.ts';

export type StoreSettings = ConnectionSettings & {
  /** Begins the names of the collections. */
  readonly name: string;
};

/** One client of the driver with the collections of one service, opened when it is first asked for. */
export interface MongoConnection {
  readonly models: StoreModels;
  /** When the server was found; tries again after each failure. */
  connected(): Promise<void>;
  /** When every index was seen too. @throws MongoIndexMissing, what the driver throws */
  ready(): Promise<void>;
  applyIndexes(): Promise<readonly string[]>;
  /** Looks at the indexes, whether they were seen before or not. */
  checkIndexes(): Promise<void>;
  close(): Promise<void>;
}

/** Runs `work` until it has succeeded once; calls that come meanwhile share one run. */
const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let isDone = false;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    try {
      await work();
      isDone = true;
    } finally {
      running = undefined;
    }
  };
  return async () => {
    if (isDone) return;
    running ??= run();
    await running;
  };
};

export const mongoConnection = (settings: StoreSettings): MongoConnection => {
  const { uri, name, timeoutMs } = settings;
  // An instance of its own: what this connection is set to must not depend on who else uses mongoose.
  const mongoose = new Mongoose({ bufferCommands: false, autoIndex: false, autoCreate: false });
  const connection = mongoose.createConnection();
  const models = storeModels(connection, name, timeoutMs);
  let isOpen = false;
  let isClosed = false;

  const connected = once(async () => {
    await connection.openUri(uri, connectionOptions(settings));
    isOpen = true;
    if (isClosed) await connection.close(true);
  });
  const ready = once(async () => {
    await connected();
    await checkIndexes(models);
  });

  return {
    models,
    connected,
    ready,
    async applyIndexes() {
      await connected();
      return applyIndexes(models);
    },
    async checkIndexes() {
      await connected();
      await checkIndexes(models);
    },
    async close() {
      isClosed = true;
      if (isOpen) await connection.close(true);
    },
  };
};
