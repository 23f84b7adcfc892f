import { startMongo } from '@gatehouse/test-servers';
import mongoose, { type Connection } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { type MongoStoreHost, type MongoStoreHostOptions, mongoStoreHost } from '../../src/mongodb/index.ts';
import { freshDatabase } from './test-database.ts';

/** A database of its own for each test of a suite, hosts on it as so many processes, and a clock that is set by hand. */
export const mongoFixture = () => {
  // A server shared with other tests answers when it can.
  vi.setConfig({ testTimeout: 60_000 });
  let server: Awaited<ReturnType<typeof startMongo>>;
  let uri: string;
  let bare: Connection;
  let hosts: MongoStoreHost[] = [];
  const time = { now: 1_700_000_000_000 };

  beforeAll(async () => {
    server = await startMongo();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    uri = freshDatabase(server.uri);
    bare = await mongoose.createConnection(uri).asPromise();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts = [];
    await bare.dropDatabase();
    await bare.close();
  });

  const open = (options: Partial<MongoStoreHostOptions> = {}): MongoStoreHost => {
    const host = mongoStoreHost({ uri, name: 'test', clock: { now: () => time.now }, ...options });
    hosts.push(host);
    return host;
  };

  return {
    time,
    uri: (): string => uri,
    open,
    /** A host on a database that has its indexes. */
    async openReady(options: Partial<MongoStoreHostOptions> = {}): Promise<MongoStoreHost> {
      const host = open(options);
      await host.applyIndexes();
      return host;
    },
    collection: (name: string) => bare.collection(`test.${name}`),
    documents: (name: string) => bare.collection(`test.${name}`).find().toArray(),
  };
};
