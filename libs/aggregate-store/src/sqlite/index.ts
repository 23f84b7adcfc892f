/** The embedded aggregate store: one SQLite file per service. */
export { type SqliteStoreHostOptions, sqliteStoreHost } from './sqlite-store-host.ts';
