import { outboxConformance } from '@gatehouse/event-log/conformance';
import { temporaryFolder } from '@gatehouse/sqlite/testing';
import { describe } from 'vitest';
import { storeHostConformance } from '../../src/conformance/index.ts';
import { sqliteStoreHost } from '../../src/sqlite/index.ts';

describe('conformance: aggregate store × SQLite', () => {
  storeHostConformance('sqliteStoreHost', async () => {
    const folder = temporaryFolder();
    let path = folder.file('store.db');
    let now = 1_700_000_000_000;
    const clock = { now: () => now };
    return {
      open: async ({ outboxLimit } = {}) => sqliteStoreHost({ path, clock, outboxLimit }),
      async end(host, how) {
        if (how === 'crash') path = folder.crashImage(path);
        await host.close();
      },
      now: () => now,
      advance(ms) {
        now += ms;
      },
      dispose: async () => folder.remove(),
    };
  });
});

describe('conformance: outbox × SQLite', () => {
  outboxConformance('sqliteStoreHost', async () => {
    const host = sqliteStoreHost({ path: ':memory:', clock: { now: () => Date.now() } });
    const store = host.aggregates<object>('sample');
    const versions = new Map<string, number>();
    return {
      outbox: store.outbox,
      async commit(id, record) {
        const expectedVersion = versions.get(id) ?? 0;
        versions.set(id, expectedVersion + 1);
        const listing = { sort: id, text: id, filters: {} };
        await store.save({
          id,
          expectedVersion,
          version: expectedVersion + 1,
          state: {},
          unique: {},
          listing,
          outbox: [{ record }],
        });
      },
      dispose: () => host.close(),
    };
  });
});
