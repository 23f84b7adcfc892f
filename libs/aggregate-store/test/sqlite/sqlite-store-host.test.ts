import { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '@gatehouse/sqlite';
import { temporaryFolder } from '@gatehouse/sqlite/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { change, type Sample } from '../../src/conformance/store-host-adapter.ts';
import { sqliteStoreHost } from '../../src/sqlite/index.ts';
import { migrations } from '../../src/sqlite/schema.ts';
import { sqliteAggregates } from '../../src/sqlite/sqlite-aggregates.ts';
import { sqliteViews } from '../../src/sqlite/sqlite-views.ts';

const clock = { now: () => 1_700_000_000_000 };
const folder = temporaryFolder();
afterAll(folder.remove);

/** Stores on a database whose file the test can make small or read-only. */
const bareStores = () => {
  const database = openDatabase(':memory:', { synchronous: 'full', migrations });
  const options = { kind: 'sample', clock, outboxName: 'sample', outboxLimit: 100 };
  return { database, store: sqliteAggregates<Sample>(database, options), views: sqliteViews(database) };
};

describe('the store in a file', () => {
  it('changes nothing when the disk is full, and goes on when there is room', async () => {
    const { database, store, views } = bareStores();
    await store.save(change('a', 'A', { unique: { name: ['a'] } }));
    const pages = database.prepare('PRAGMA page_count').get<{ readonly page_count: number }>()?.page_count ?? 0;
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const large = change('b', 'x'.repeat(50_000), { unique: { name: ['b'] }, sort: 'b' });
    await expect(store.save(large)).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'full' } });
    const position = { consumer: 'c', topic: 't', partition: 0, next: 5 };
    const row = { view: 'v', key: 'k', row: 'x'.repeat(50_000) };
    await expect(views.apply({ writes: [row], position })).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.load('b')).toBeUndefined();
    expect(await store.findByUnique('name', 'b')).toBeUndefined();
    expect((await store.list({ limit: 10 })).items).toHaveLength(1);
    expect(await store.outbox.depth()).toBe(1);
    expect(await views.positions('c')).toEqual({});
    database.exec('PRAGMA max_page_count = 100000');
    await store.save(large);
    await views.apply({ writes: [row], position });
    expect((await store.load('b'))?.version).toBe(1);
    database.close();
  });

  it('changes nothing while it is read-only, and still answers', async () => {
    const { database, store, views } = bareStores();
    await store.save(change('a', 'A'));
    database.exec('PRAGMA query_only = 1');
    const save = store.save(change('a', 'B', { expectedVersion: 1 }));
    await expect(save).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'read_only' } });
    await expect(views.view('v').prune('x', 1)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect((await store.load('a'))?.state.name).toBe('A');
    expect((await store.list({ limit: 10 })).items).toHaveLength(1);
    database.close();
  });

  it('does not wake the relay for a save that failed', async () => {
    const { database, store } = bareStores();
    let woken = 0;
    store.outbox.onAppended(() => {
      woken += 1;
    });
    await expect(store.save(change('a', 'A', { expectedVersion: 7 }))).rejects.toMatchObject({
      code: 'version_conflict',
    });
    expect(woken).toBe(0);
    await store.save(change('a', 'A'));
    expect(woken).toBe(1);
    database.close();
  });

  it('says in its check that it cannot be written to, or is closed', async () => {
    const path = folder.file('check.db');
    const host = sqliteStoreHost({ path, clock });
    await host.check();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(host.check()).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'busy' } });
    other.close();
    await host.check();
    await host.close();
    await expect(host.check()).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: 'closed' } });
  });

  it('names outboxes by service and kind, and gives one kind one store', async () => {
    const host = sqliteStoreHost({ path: ':memory:', clock, outboxName: 'auth-gateway' });
    expect(host.aggregates('api-key').outbox.name).toBe('auth-gateway.api-key');
    expect(host.aggregates('api-key')).toBe(host.aggregates('api-key'));
    await host.close();
  });

  it('reads a page without looking at the rows before it, and without sorting', async () => {
    const { database } = bareStores();
    const prepared: string[] = [];
    const watched = {
      ...database,
      prepare(sql: string) {
        prepared.push(sql);
        return database.prepare(sql);
      },
    };
    const store = sqliteAggregates<Sample>(watched, { kind: 'sample', clock, outboxName: 'sample', outboxLimit: 100 });
    const view = sqliteViews(watched).view('v');
    for (const id of ['a', 'b']) await store.save(change(id, id, { filters: { t: 'x', u: 'y' } }));
    const writes = ['a', 'b'].map((key) => ({ view: 'v', key, row: {}, tags: { t: ['x'], u: ['y'] } }));
    await sqliteViews(database).apply({ writes });
    prepared.length = 0;
    for (const filters of [undefined, { t: 'x' }, { t: 'x', u: 'y' }]) {
      const first = await store.list({ limit: 1, filters });
      expect((await store.list({ limit: 1, filters, cursor: first.nextCursor })).items[0]?.id).toBe('b');
    }
    for (const tags of [undefined, { t: 'x' }, { t: 'x', u: 'y' }]) {
      for (const order of ['ascending', 'descending'] as const) {
        const first = await view.list({ limit: 1, order, tags });
        await view.list({ limit: 1, order, tags, cursor: first.nextCursor });
      }
    }
    expect(prepared).toHaveLength(18);
    for (const sql of prepared) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ readonly detail: string }>();
      const inner = steps.find(({ detail }) => detail.startsWith('SEARCH o '))?.detail ?? '';
      const goesOn = /[<>] \(\?, \?\)/.test(sql);
      expect(inner).toMatch(goesOn ? /\(sort,(id|key)\)[<>]/ : /SEARCH o USING/);
    }
    database.close();
  });

  it('refuses a file of a newer version', async () => {
    const path = folder.file('newer.db');
    openDatabase(path, { synchronous: 'full', migrations: [...migrations, 'SELECT 1'] }).close();
    expect(() => sqliteStoreHost({ path, clock })).toThrow(expect.objectContaining({ code: 'newer' }));
  });
});
