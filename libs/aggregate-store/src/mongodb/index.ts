/** The distributed aggregate store: collections of one service in MongoDB, shared by all its processes. */

export { mongoUriFault } from './connection-options.ts';
export { type MongoStoreHost, type MongoStoreHostOptions, mongoStoreHost } from './mongo-store-host.ts';
