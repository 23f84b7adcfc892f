import type { SigningKeyStore, StoredSigningKeys } from '../../src/signing/signing-key-store.ts';

export interface MemoryStore extends SigningKeyStore {
  stored: StoredSigningKeys;
  loads: number;
  /** Makes every call reject until it is cleared. */
  failure: Error | undefined;
}

/** A store in memory whose save compares revisions; answers come a turn later, so that rivals interleave. */
export const memoryStore = (): MemoryStore => {
  const store: MemoryStore = {
    stored: { revision: 0, keys: [] },
    loads: 0,
    failure: undefined,
    async load() {
      store.loads++;
      if (store.failure !== undefined) throw store.failure;
      await Promise.resolve();
      return store.stored;
    },
    async save(keys, expectedRevision) {
      if (store.failure !== undefined) throw store.failure;
      await Promise.resolve();
      if (store.stored.revision !== expectedRevision) return false;
      store.stored = { revision: expectedRevision + 1, keys: structuredClone(keys) };
      return true;
    },
  };
  return store;
};
