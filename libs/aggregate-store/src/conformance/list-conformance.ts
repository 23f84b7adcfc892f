import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AggregateStore, ListQuery, StoreHost } from '../aggregate-store.ts';
import { change, idsOf, type Sample, type StoreHostAdapter } from './store-host-adapter.ts';

/** Lists, search and paging of every aggregate store. */
export const listConformance = (name: string, makeAdapter: () => Promise<StoreHostAdapter>): void => {
  describe(`${name} as a list of aggregates`, () => {
    let adapter: StoreHostAdapter;
    let host: StoreHost;
    let store: AggregateStore<Sample>;
    beforeEach(async () => {
      adapter = await makeAdapter();
      host = await adapter.open();
      store = host.aggregates<Sample>('sample');
    });
    afterEach(async () => {
      await adapter.end(host, 'close');
      await adapter.dispose();
    });

    const pages = async (query: ListQuery): Promise<string[][]> => {
      const found: string[][] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await store.list({ ...query, cursor });
        found.push(idsOf(page.items));
        if (page.nextCursor === undefined) return found;
        cursor = page.nextCursor;
      }
    };

    it('orders by sort, then by id', async () => {
      await store.save(change('c', 'x', { sort: 'm' }));
      await store.save(change('b', 'x', { sort: 'z' }));
      await store.save(change('a', 'x', { sort: 'm' }));
      await store.save(change('d', 'x', { sort: 'é' }));
      await store.save(change('e', 'x', { sort: '' }));
      await store.save(change('f', 'x', { sort: '😀' }));
      await store.save(change('g', 'x', { sort: '\uff5e' }));
      // By code points: U+FF5E comes before U+1F600, though not in UTF-16.
      expect(await pages({ limit: 200 })).toEqual([['e', 'a', 'c', 'b', 'd', 'g', 'f']]);
      await store.save(change('b', 'x', { sort: 'a', expectedVersion: 1 }));
      expect(await pages({ limit: 2 })).toEqual([['e', 'b'], ['a', 'c'], ['d', 'g'], ['f']]);
    });

    it('gives no cursor with the last page, also when it is full', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await store.save(change(id, id));
      expect(await pages({ limit: 2 })).toEqual([
        ['a', 'b'],
        ['c', 'd'],
      ]);
      expect(await store.list({ limit: 4 })).not.toHaveProperty('nextCursor');
    });

    it('shows every aggregate once that is there all the time, whatever comes and goes meanwhile', async () => {
      const stays = Array.from({ length: 20 }, (_, n) => `s${String(n * 5).padStart(3, '0')}`);
      for (const id of stays) await store.save(change(id, id));
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let n = 0; ; n++) {
        const page = await store.list({ limit: 3, cursor });
        seen.push(...idsOf(page.items));
        if (page.nextCursor === undefined) break;
        cursor = page.nextCursor;
        const last = page.items.at(-1)?.id ?? '';
        await store.save(change(`${last}-behind`, `${last}-behind`));
        await store.save(change(`before-${n}`, `before-${n}`));
        // The row that the cursor names goes away; the list goes on all the same.
        if (n === 1) await store.save(change(last, undefined, { expectedVersion: 1 }));
      }
      expect(seen.filter((id) => stays.includes(id))).toEqual(stays);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => id.startsWith('before'))).toEqual([]);
    });

    it('filters by equality, one filter or several, and counts the same', async () => {
      for (let n = 0; n < 12; n++) {
        const filters = { type: n % 2 === 0 ? 'even' : 'odd', size: n < 6 ? 'small' : 'large' };
        await store.save(change(`a${String(n).padStart(2, '0')}`, 'x', { filters }));
      }
      const small = { type: 'even', size: 'small' };
      expect(await pages({ limit: 2, filters: small })).toEqual([['a00', 'a02'], ['a04']]);
      expect(await store.count(small)).toBe(3);
      expect(await store.count({ size: 'large' })).toBe(6);
      expect(await store.count({ size: 'huge' })).toBe(0);
      expect(await store.count()).toBe(12);
      await store.save(change('a02', 'x', { expectedVersion: 1, filters: { type: 'odd', size: 'small' } }));
      expect(await pages({ limit: 10, filters: small })).toEqual([['a00', 'a04']]);
      expect(await pages({ limit: 10, filters: { size: 'small', other: 'x' } })).toEqual([[]]);
    });

    it('keeps filters right when the place in the list changes', async () => {
      await store.save(change('a', 'x', { sort: 'a', filters: { type: 't' } }));
      await store.save(change('b', 'x', { sort: 'b', filters: { type: 't' } }));
      await store.save(change('a', 'x', { sort: 'c', filters: { type: 't' }, expectedVersion: 1 }));
      expect(await pages({ limit: 1, filters: { type: 't' } })).toEqual([['b'], ['a']]);
    });

    it('finds text anywhere, without case, and takes every sign as it is', async () => {
      const texts = { a: 'Corp SSO 100%', b: 'corp_sso', c: 'ÉCOLE Müller', d: 'back\\slash', e: 'a*b?[c]', f: '' };
      for (const [id, text] of Object.entries(texts)) await store.save(change(id, 'x', { text }));
      const found = async (q: string) => (await pages({ limit: 10, q })).flat();
      expect(await found('CORP')).toEqual(['a', 'b']);
      expect(await found('p s')).toEqual(['a']);
      expect(await found('0%')).toEqual(['a']);
      expect(await found('%')).toEqual(['a']);
      expect(await found('_')).toEqual(['b']);
      expect(await found('école mü')).toEqual(['c']);
      expect(await found('\\')).toEqual(['d']);
      expect(await found('*b?[')).toEqual(['e']);
      expect(await found('.')).toEqual([]);
      expect(await found("'")).toEqual([]);
      expect(await found('')).toHaveLength(6);
    });

    it('pages through search and filters together', async () => {
      for (let n = 0; n < 30; n++) {
        const id = `a${String(n).padStart(2, '0')}`;
        await store.save(
          change(id, 'x', { text: n % 3 === 0 ? 'wanted' : 'other', filters: { half: String(n < 15) } }),
        );
      }
      const query = { limit: 2, q: 'wanted', filters: { half: 'true' } };
      expect(await pages(query)).toEqual([['a00', 'a03'], ['a06', 'a09'], ['a12']]);
    });

    it('refuses a cursor of another list', async () => {
      for (const id of ['a', 'b', 'c']) await store.save(change(id, 'xy', { filters: { type: 't' } }));
      const { nextCursor } = await store.list({ limit: 1 });
      expect(nextCursor).toMatch(/^[A-Za-z0-9_-]+$/);
      const others: readonly Partial<ListQuery>[] = [
        { q: 'x' },
        { filters: { type: 't' } },
        { filters: { type: 'u' } },
      ];
      for (const other of others) {
        const list = store.list({ limit: 1, cursor: nextCursor, ...other });
        await expect(list).rejects.toMatchObject({ code: 'cursor_invalid' });
      }
      const elsewhere = host.aggregates('other').list({ limit: 1, cursor: nextCursor });
      await expect(elsewhere).rejects.toMatchObject({ code: 'cursor_invalid' });
      for (const cursor of ['', 'x', 'e30', 'bnVsbA', '💥', `${nextCursor}x`.slice(2)]) {
        await expect(store.list({ limit: 1, cursor })).rejects.toMatchObject({ code: 'cursor_invalid' });
      }
      // Another page size is the same list.
      expect(idsOf((await store.list({ limit: 2, cursor: nextCursor })).items)).toEqual(['b', 'c']);
    });

    it('makes cursors that fit into an address, however long the sort is', async () => {
      const long = '😀'.repeat(400);
      for (const id of ['a', 'b', 'c']) await store.save(change(id, 'x', { sort: long }));
      const page = await store.list({ limit: 1 });
      expect(page.nextCursor?.length).toBeLessThanOrEqual(1_024);
      expect(await pages({ limit: 1 })).toEqual([['a'], ['b'], ['c']]);
    });
  });
};
