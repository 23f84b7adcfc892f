import { DatabaseSync } from 'node:sqlite';
import { SqliteError, toSqliteError } from './sqlite-error.ts';

/**
 * Holds a file for this process alone until `release` is called or the process ends, however it ends: the lock is the
 * operating system's. Node has no other way to one.
 * @throws SqliteError `busy` when another process holds it, `cannot_open`, `read_only`, `io`
 */
export const lockFile = (path: string): { release(): void } => {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(path, { timeout: 0 });
    connection.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    connection?.close();
    const error = toSqliteError(cause, path);
    throw error instanceof Error ? error : new SqliteError('io', `${path} cannot be locked`, { cause });
  }
  const held = connection;
  return {
    release() {
      if (held.isOpen) held.close();
    },
  };
};
