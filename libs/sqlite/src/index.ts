/**
 * SQLite as the embedded adapters use it: one file per adapter, one writer per file, write-ahead log, migrations by
 * `user_version`, and errors of file and disk as one typed error. It knows nothing of aggregates, events or sessions, and
 * waits for nothing: every call is synchronous, so callers keep their transactions short.
 */
export * from './database.ts';
export * from './file-lock.ts';
export * from './sqlite-error.ts';
