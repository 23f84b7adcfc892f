import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../src/index.ts';

const table = 'CREATE TABLE numbers (n INTEGER PRIMARY KEY, text TEXT)';

describe('a database', () => {
  let folder: string;
  let path: string;
  const opened: Database[] = [];

  const open = (migrations: readonly string[] = [table], synchronous: 'full' | 'normal' = 'full'): Database => {
    const database = openDatabase(path, { synchronous, migrations });
    opened.push(database);
    return database;
  };
  const insert = (database: Database, n: number, text = 'x'): void => {
    database.prepare('INSERT INTO numbers VALUES (?, ?)').run(n, text);
  };
  const numbers = (database: Database): number[] =>
    database
      .prepare('SELECT n FROM numbers ORDER BY n')
      .all<{ readonly n: number }>()
      .map(({ n }) => n);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-database-'));
    path = join(folder, 'test.db');
  });
  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is opened in write-ahead mode, with foreign keys and the durability asked for', () => {
    for (const [synchronous, level] of [
      ['full', 2],
      ['normal', 1],
    ] as const) {
      const database = open([table], synchronous);
      expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
      expect(database.prepare('PRAGMA foreign_keys').get()).toMatchObject({ foreign_keys: 1 });
      expect(database.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: level });
      expect(database.prepare('PRAGMA busy_timeout').get()).toMatchObject({ timeout: 1_000 });
      database.close();
    }
  });

  it('prepares a statement once', () => {
    const database = open();
    expect(database.prepare('SELECT 1')).toBe(database.prepare('SELECT 1'));
  });

  it('gives rows one, all or one after the other', () => {
    const database = open();
    for (const n of [1, 2, 3]) insert(database, n);
    expect(database.prepare('SELECT n FROM numbers WHERE n = ?').get<{ readonly n: number }>(2)?.n).toBe(2);
    expect(database.prepare('SELECT n FROM numbers WHERE n = ?').get(9)).toBeUndefined();
    const seen: number[] = [];
    for (const { n } of database.prepare('SELECT n FROM numbers').iterate<{ readonly n: number }>()) {
      seen.push(n);
      if (n === 2) break;
    }
    expect(seen).toEqual([1, 2]);
    expect(database.prepare('DELETE FROM numbers').run().changes).toBe(3);
  });

  it('commits all of a transaction or nothing', () => {
    const database = open();
    const result = database.transaction(() => {
      insert(database, 1);
      return 'result';
    });
    expect(result).toBe('result');
    const failing = () =>
      database.transaction(() => {
        insert(database, 2);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(numbers(database)).toEqual([1]);
    expect(() => database.transaction(() => insert(database, 1))).toThrow(/UNIQUE/);
    database.transaction(() => insert(database, 3));
    expect(numbers(database)).toEqual([1, 3]);
  });

  it('refuses a transaction in a transaction, and one that would wait', () => {
    const database = open();
    const nested = () => database.transaction(() => database.transaction(() => insert(database, 1)));
    expect(nested).toThrow('do not nest');
    const waiting = () =>
      database.transaction(async () => {
        insert(database, 2);
      });
    expect(waiting).toThrow('cannot wait');
    expect(numbers(database)).toEqual([]);
  });

  it('makes one transaction lasting or relaxed, and goes back', () => {
    const database = open();
    const level = () => database.prepare('PRAGMA synchronous').get<{ readonly synchronous: number }>()?.synchronous;
    expect(database.transaction(level, 'relaxed')).toBe(1);
    expect(level()).toBe(2);
    expect(() =>
      database.transaction(() => {
        throw new Error('no');
      }, 'relaxed'),
    ).toThrow('no');
    expect(database.transaction(level)).toBe(2);
  });

  it('brings an older schema up to date, in one step', () => {
    const first = open();
    insert(first, 1);
    first.close();
    const wrong = () => open([table, 'ALTER TABLE numbers ADD COLUMN more TEXT', 'CREATE TABLE nonsense (']);
    expect(wrong).toThrow();
    const second = open([table, 'ALTER TABLE numbers ADD COLUMN more TEXT']);
    expect(second.prepare('SELECT more FROM numbers').all()).toHaveLength(1);
    expect(second.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 2 });
  });

  it('refuses a file that a newer version wrote', () => {
    open([table, 'CREATE TABLE later (n INTEGER)']).close();
    expect(() => open([table])).toThrow(expect.objectContaining({ name: 'SqliteError', code: 'newer' }));
    open([table, 'CREATE TABLE later (n INTEGER)']);
  });

  it('says that the disk is full, and keeps nothing of what did not fit', () => {
    const database = open();
    database.exec('PRAGMA max_page_count = 20');
    insert(database, 1);
    const tooMuch = () =>
      database.transaction(() => {
        for (let n = 2; n < 100; n++) insert(database, n, 'x'.repeat(4_000));
      });
    expect(tooMuch).toThrow(expect.objectContaining({ code: 'full', cause: expect.any(Error) }));
    expect(numbers(database)).toEqual([1]);
    database.exec('PRAGMA max_page_count = 1000');
    tooMuch();
    expect(numbers(database)).toHaveLength(99);
  });

  it('says that it is read-only', () => {
    const database = open();
    database.exec('PRAGMA query_only = 1');
    expect(() => insert(database, 1)).toThrow(expect.objectContaining({ code: 'read_only' }));
    expect(() => database.transaction(() => insert(database, 1))).toThrow(
      expect.objectContaining({ code: 'read_only' }),
    );
    database.exec('PRAGMA query_only = 0');
    insert(database, 1);
    expect(numbers(database)).toEqual([1]);
  });

  it('says that another process holds the lock', () => {
    const database = open();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(() => database.transaction(() => insert(database, 1))).toThrow(expect.objectContaining({ code: 'busy' }));
    other.exec('ROLLBACK');
    other.close();
    database.transaction(() => insert(database, 1));
  });

  it('holds the lock from the start of a transaction, so that what it read stays true', () => {
    const database = open();
    const other = new DatabaseSync(path, { timeout: 0 });
    database.transaction(() => {
      expect(numbers(database)).toEqual([]);
      expect(() => other.exec('INSERT INTO numbers VALUES (7, NULL)')).toThrow(/locked/);
      insert(database, 1);
    });
    other.exec('INSERT INTO numbers VALUES (7, NULL)');
    other.close();
    expect(numbers(database)).toEqual([1, 7]);
  });

  it('says that a file is no database, or cannot be opened', () => {
    writeFileSync(path, 'this is a text and no database, however long one makes it'.repeat(100));
    expect(() => open()).toThrow(expect.objectContaining({ code: 'corrupt' }));
    path = join(folder, 'missing', 'test.db');
    expect(() => open()).toThrow(expect.objectContaining({ code: 'cannot_open' }));
  });

  it('says that it is closed', () => {
    const database = open();
    const select = database.prepare('SELECT 1');
    database.close();
    database.close();
    expect(database.isOpen).toBe(false);
    expect(() => select.get()).toThrow(expect.objectContaining({ code: 'closed' }));
    expect(() => database.transaction(() => 1)).toThrow(expect.objectContaining({ code: 'closed' }));
  });

  it('has everything in its file when it is closed, and loses no commit when it is not', () => {
    const database = open();
    for (let n = 0; n < 50; n++) insert(database, n);
    const image = join(folder, 'image.db');
    for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${image}${suffix}`);
    database.close();
    const copy = new DatabaseSync(image, { readOnly: true });
    expect(copy.prepare('SELECT count(*) AS found FROM numbers').get()).toMatchObject({ found: 50 });
    copy.close();
    const alone = join(folder, 'alone.db');
    writeFileSync(alone, readFileSync(path));
    const moved = new DatabaseSync(alone);
    expect(moved.prepare('SELECT count(*) AS found FROM numbers').get()).toMatchObject({ found: 50 });
    moved.close();
  });

  it('leaves mistakes in a statement as they are', () => {
    const database = open();
    expect(() => database.prepare('SELECT n FROM nowhere')).toThrow(/no such table/);
    expect(() => database.exec('nonsense')).toThrow(expect.objectContaining({ name: 'Error' }));
  });
});
