import { outboxConformance } from '@gatehouse/event-log/conformance';
import { mustSkipServerTests, startMongo } from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { storeHostConformance } from '../../src/conformance/index.ts';
import { mongoStoreHost } from '../../src/mongodb/index.ts';
import { openLine } from './cut-line.ts';
import { freshDatabase } from './test-database.ts';

// A thousand and more commands that go to a server and back, beside whatever else the machine does.
vi.setConfig({ testTimeout: 120_000 });

let server: Awaited<ReturnType<typeof startMongo>>;
const skip = await mustSkipServerTests('mongo');

describe.skipIf(skip)('on a server', () => {
  beforeAll(async () => {
    server = await startMongo();
  });
  afterAll(() => server.stop());

  describe('conformance: aggregate store × MongoDB', () => {
    storeHostConformance('mongoStoreHost', async () => {
      const uri = freshDatabase(server.uri);
      let now = 1_700_000_000_000;
      const clock = { now: () => now };
      let line = await openLine(uri);
      let isEmpty = true;
      return {
        async open({ outboxLimit } = {}) {
          line.cut();
          line = await openLine(uri);
          const host = mongoStoreHost({ uri: line.uri, name: 'test', clock, outboxLimit });
          if (isEmpty) await host.applyIndexes();
          isEmpty = false;
          return host;
        },
        async end(host, how) {
          if (how === 'crash') line.cut();
          await host.close();
          line.cut();
        },
        now: () => now,
        advance(ms) {
          now += ms;
        },
        dispose: async () => line.cut(),
      };
    });
  });

  describe('conformance: outbox × MongoDB', () => {
    outboxConformance('mongoStoreHost', async () => {
      const host = mongoStoreHost({ uri: freshDatabase(server.uri), name: 'test', clock: { now: () => Date.now() } });
      await host.applyIndexes();
      const store = host.aggregates<object>('sample');
      const versions = new Map<string, number>();
      return {
        outbox: store.outbox,
        async commit(id, record) {
          const expectedVersion = versions.get(id) ?? 0;
          versions.set(id, expectedVersion + 1);
          await store.save({
            id,
            expectedVersion,
            version: expectedVersion + 1,
            state: {},
            unique: {},
            listing: { sort: id, text: id, filters: {} },
            outbox: [{ record }],
          });
        },
        dispose: () => host.close(),
      };
    });
  });
});
