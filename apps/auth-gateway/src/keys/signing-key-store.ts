import { type AggregateStore, AggregateStoreError } from '@gatehouse/aggregate-store';
import type { SigningKeyStore, StoredSigningKey } from '@gatehouse/keyring';

/** The aggregate that holds all signing keys; private halves are sealed before they come here. */
export interface SigningKeySet {
  readonly keys: readonly StoredSigningKey[];
}

const id = 'signing-keys';

/** Signing keys as one aggregate without facts: its version is their revision, so that of two rotations one is saved. */
export const createSigningKeyStore = (store: AggregateStore<SigningKeySet>): SigningKeyStore => ({
  async load() {
    const saved = await store.load(id);
    return saved === undefined ? { revision: 0, keys: [] } : { revision: saved.version, keys: saved.state.keys };
  },
  async save(keys, expectedRevision) {
    try {
      await store.save({
        id,
        expectedVersion: expectedRevision,
        version: expectedRevision + 1,
        state: { keys },
        unique: {},
        listing: { sort: id, text: '', filters: {} },
        outbox: [],
      });
      return true;
    } catch (error) {
      if (error instanceof AggregateStoreError && error.code === 'version_conflict') return false;
      throw error;
    }
  },
});
