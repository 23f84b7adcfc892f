import { mongoConnection, type StoreSettings } from './mongo-connection.ts';
import { isSilence, MongoTimeout, storeError } from './mongo-errors.ts';
import type { StoreModels } from './schema.ts';

/** The collections of one service, opened at the first call and again after each failure to open them. */
export interface MongoDatabase {
  /**
   * Runs `work` when the server was found and every index is there, within the time of one call.
   * @throws what the driver throws, MongoTimeout, MongoIndexMissing
   */
  attempt<T>(work: (models: StoreModels) => Promise<T>, limitMs?: number): Promise<T>;
  /** Like `attempt`. @throws AggregateStoreError `store_unavailable` in place of what the driver throws */
  run<T>(work: (models: StoreModels) => Promise<T>): Promise<T>;
  /** Makes missing indexes; their names. */
  applyIndexes(): Promise<readonly string[]>;
  /** @throws AggregateStoreError `store_unavailable`, naming the indexes that are missing */
  checkIndexes(): Promise<void>;
  close(): Promise<void>;
}

/** What the overall bound gives the driver's own bounds to strike first, with their better reasons. */
const marginMs = 500;

/** The answer of `work`, or MongoTimeout: the driver bounds every step of a call, this bounds their sum. */
const within = async <T>(limitMs: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new MongoTimeout(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const translated = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw storeError(error);
  }
};

/**
 * @param renewAfterMs when nothing was answered for so long, the client is thrown away for a new one. The driver looks for
 * a lost server itself, but a message that it writes at the moment in which the server ends the connection waits for ever
 * for room in a socket that is no more: its watch then never looks again, or its pool is never free (driver 7.8, seen
 * under load after kill -9).
 */
export const mongoDatabase = (settings: StoreSettings, renewAfterMs = 10_000): MongoDatabase => {
  const { timeoutMs } = settings;
  const limit = timeoutMs + marginMs;
  let connection = mongoConnection(settings);
  let silentSince: number | undefined;
  let isClosed = false;

  const renew = (): void => {
    const hung = connection;
    connection = mongoConnection(settings);
    silentSince = undefined;
    void hung.close().catch(() => undefined);
  };

  const noteFailure = (error: unknown): void => {
    if (!isSilence(error)) {
      silentSince = undefined;
      return;
    }
    silentSince ??= performance.now();
    if (!isClosed && performance.now() - silentSince >= renewAfterMs) renew();
  };

  const attempt = async <T>(work: (models: StoreModels) => Promise<T>, limitMs = limit): Promise<T> => {
    const whole = async (): Promise<T> => {
      if (isClosed) throw new MongoTimeout('the store is closed');
      const { ready, models } = connection;
      await ready();
      return work(models);
    };
    try {
      const answer = await within(limitMs, whole());
      silentSince = undefined;
      return answer;
    } catch (error) {
      noteFailure(error);
      throw error;
    }
  };

  return {
    attempt,
    run: (work) => translated(attempt(work)),
    applyIndexes: () => translated(within(limit, connection.applyIndexes())),
    checkIndexes: () => translated(within(limit, connection.checkIndexes())),
    async close() {
      isClosed = true;
      await connection.close();
    },
  };
};
