import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteError, toSqliteError } from './sqlite-error.ts';

export type SqlValue = SQLInputValue;

/** A prepared statement; values are bound by position. Rows are trusted: only this code wrote them. */
export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number };
  get<Row>(...values: readonly SqlValue[]): Row | undefined;
  all<Row>(...values: readonly SqlValue[]): Row[];
  /** Row by row, so that a reader can stop at a size; nothing may be awaited while it runs. */
  iterate<Row>(...values: readonly SqlValue[]): IterableIterator<Row>;
}

/** `lasting`: on disk when the call returns. `relaxed`: whole, but a power cut may undo it together with all that followed. */
export type Durability = 'lasting' | 'relaxed';

export interface Database {
  readonly path: string;
  /** The prepared statement of this text; prepared once. */
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /**
   * Runs `work` in one transaction that takes the write lock at its start (`BEGIN IMMEDIATE`), so that what it reads cannot
   * change before it writes. Throwing rolls everything back. `work` is synchronous: nothing else runs meanwhile.
   * @param durability `lasting` unless the database was opened with `synchronous: 'normal'`
   * @throws SqliteError
   */
  transaction<T>(work: () => T, durability?: Durability): T;
  readonly isOpen: boolean;
  /** Moves the write-ahead log into the file and closes. Idempotent. */
  close(): void;
}

export interface DatabaseOptions {
  /** `full`: a commit is on disk when it returns. `normal`: a power cut may undo the last commits, never half of one. */
  readonly synchronous: 'full' | 'normal';
  /** SQL texts in order; the number of those that ran is `user_version`. Published ones are never changed, only followed. */
  readonly migrations: readonly string[];
}

/** How long a statement waits for the lock of another process (a backup, a shell), in milliseconds. It blocks this thread. */
const busyTimeoutMs = 1_000;

/** The write-ahead log is cut back to this after a checkpoint, in bytes. */
const journalSizeLimit = 16 * 1024 * 1024;

const guarded =
  <Args extends readonly unknown[], Result>(path: string, call: (...args: Args) => Result) =>
  (...args: Args): Result => {
    try {
      return call(...args);
    } catch (error) {
      throw toSqliteError(error, path);
    }
  };

function* guardedRows<Row>(path: string, statement: StatementSync, values: readonly SqlValue[]): IterableIterator<Row> {
  try {
    yield* statement.iterate(...values) as IterableIterator<Row>;
  } catch (error) {
    throw toSqliteError(error, path);
  }
}

const createStatement = (path: string, statement: StatementSync): Statement => ({
  run: guarded(path, (...values: readonly SqlValue[]) => {
    const { changes, lastInsertRowid } = statement.run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }),
  get: guarded(path, (...values: readonly SqlValue[]) => statement.get(...values)) as Statement['get'],
  all: guarded(path, (...values: readonly SqlValue[]) => statement.all(...values)) as Statement['all'],
  iterate: <Row>(...values: readonly SqlValue[]) => guardedRows<Row>(path, statement, values),
});

const migrate = (database: Database, migrations: readonly string[]): void => {
  const stored = database.prepare('PRAGMA user_version').get<{ readonly user_version: number }>()?.user_version ?? 0;
  if (stored > migrations.length) {
    throw new SqliteError(
      'newer',
      `${database.path} has schema version ${stored}, this program knows ${migrations.length}: it was written by a newer version`,
    );
  }
  if (stored === migrations.length) return;
  database.transaction(() => {
    for (const migration of migrations.slice(stored)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
};

const open = (path: string): DatabaseSync => {
  try {
    return new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  } catch (error) {
    throw toSqliteError(error, path);
  }
};

/**
 * Opens (and makes) a database file in write-ahead mode and brings its schema up to date.
 * @param path a file, or `:memory:`
 * @throws SqliteError `cannot_open`, `newer`, `corrupt`, `read_only`, `full`, `busy`, `io`
 */
export const openDatabase = (path: string, options: DatabaseOptions): Database => {
  const connection = open(path);
  const statements = new Map<string, Statement>();
  const exec = guarded(path, (sql: string) => connection.exec(sql));
  const usual: Durability = options.synchronous === 'full' ? 'lasting' : 'relaxed';
  let current = usual;

  const settle = (durability: Durability): void => {
    if (durability === current) return;
    exec(`PRAGMA synchronous = ${durability === 'lasting' ? 'FULL' : 'NORMAL'}`);
    current = durability;
  };

  const rollBack = (): void => {
    // A full disk rolls back by itself: https://www.sqlite.org/lang_transaction.html, 3.1.
    if (!connection.isOpen || !connection.isTransaction) return;
    try {
      connection.exec('ROLLBACK');
    } catch {
      // The error that led here says more, and the next opening rolls back.
    }
  };

  const database: Database = {
    path,
    get isOpen() {
      return connection.isOpen;
    },
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const made = createStatement(path, guarded(path, () => connection.prepare(sql))());
      statements.set(sql, made);
      return made;
    },
    exec,
    transaction<T>(work: () => T, durability: Durability = usual): T {
      if (connection.isOpen && connection.isTransaction) throw new Error('transactions do not nest');
      settle(durability);
      try {
        exec('BEGIN IMMEDIATE');
        const result = work();
        if (result instanceof Promise) throw new TypeError('a transaction cannot wait for a promise');
        exec('COMMIT');
        return result;
      } catch (error) {
        rollBack();
        throw error;
      } finally {
        if (connection.isOpen) settle(usual);
      }
    },
    close() {
      if (!connection.isOpen) return;
      statements.clear();
      try {
        connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // The log stays beside the file and is read at the next start: nothing is lost.
      }
      connection.close();
    },
  };

  try {
    exec('PRAGMA journal_mode = WAL');
    exec(`PRAGMA synchronous = ${options.synchronous}`);
    exec(`PRAGMA journal_size_limit = ${journalSizeLimit}`);
    migrate(database, options.migrations);
  } catch (error) {
    connection.close();
    throw error;
  }
  return database;
};
