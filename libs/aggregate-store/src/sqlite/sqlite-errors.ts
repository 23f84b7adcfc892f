import { SqliteError } from '@gatehouse/sqlite';
import { AggregateStoreError } from '../aggregate-store.ts';

/** Runs `work`; what the file or its disk refuses becomes `store_unavailable`. */
export const unavailable = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    throw new AggregateStoreError('store_unavailable', `the store does not take this: ${error.code}`, { cause: error });
  }
};
