import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreHost, View, ViewQuery } from '../aggregate-store.ts';
import type { StoreHostAdapter } from './store-host-adapter.ts';

interface Row {
  readonly text: string;
}

/** Views and positions of every store. */
export const viewsConformance = (name: string, makeAdapter: () => Promise<StoreHostAdapter>): void => {
  describe(`${name} as a store of views`, () => {
    let adapter: StoreHostAdapter;
    let host: StoreHost;
    let view: View<Row>;
    beforeEach(async () => {
      adapter = await makeAdapter();
      host = await adapter.open();
      view = host.views.view<Row>('sample');
    });
    afterEach(async () => {
      await adapter.end(host, 'close');
      await adapter.dispose();
    });

    interface Put {
      readonly sort?: string;
      readonly tags?: Readonly<Record<string, readonly string[]>>;
      readonly revision?: number;
    }
    const put = (key: string, text: string | undefined, more: Put = {}): Promise<void> =>
      host.views.apply({
        writes: [{ view: 'sample', key, row: text === undefined ? undefined : { text }, ...more }],
      });

    const pages = async (query: ViewQuery): Promise<string[][]> => {
      const found: string[][] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await view.list({ ...query, cursor });
        found.push(page.items.map(({ key }) => key));
        if (page.nextCursor === undefined) return found;
        cursor = page.nextCursor;
      }
    };

    it('gives rows back by key, one or many', async () => {
      await put('a', 'Zoë ☃');
      await put('b', 'two');
      expect(await view.get('a')).toEqual({ text: 'Zoë ☃' });
      expect(await view.get('x')).toBeUndefined();
      expect(await view.getMany(['a', 'x', 'b', 'a'])).toEqual(
        new Map([
          ['a', { text: 'Zoë ☃' }],
          ['b', { text: 'two' }],
        ]),
      );
      expect(await host.views.view('other').get('a')).toBeUndefined();
    });

    it('replaces and deletes rows with their tags', async () => {
      await put('a', 'one', { tags: { user: ['u1', 'u2'], type: ['t'] } });
      expect(await view.count('user', 'u2')).toBe(1);
      await put('a', 'two', { tags: { user: ['u3', 'u3'] } });
      expect(await view.get('a')).toEqual({ text: 'two' });
      expect([await view.count('user', 'u2'), await view.count('user', 'u3')]).toEqual([0, 1]);
      await put('a', undefined);
      expect(await view.get('a')).toBeUndefined();
      expect(await view.count('user', 'u3')).toBe(0);
      expect(await pages({ limit: 10, order: 'ascending' })).toEqual([[]]);
      await put('a', undefined);
    });

    it('changes nothing when a write is repeated', async () => {
      const writes = [
        { view: 'sample', key: 'a', row: { text: 'one' }, sort: '1', tags: { t: ['x'] }, revision: 3 },
        { view: 'sample', key: 'b', row: { text: 'two' }, sort: '2', tags: { t: ['x'] } },
        { view: 'sample', key: 'c', row: undefined, revision: 2 },
      ];
      const position = { consumer: 'c', topic: 't', partition: 0, next: 7 };
      const seen = async () => ({
        list: await view.list({ limit: 10, order: 'ascending' }),
        count: await view.count('t', 'x'),
        positions: await host.views.positions('c'),
      });
      await host.views.apply({ writes, position });
      const once = await seen();
      await host.views.apply({ writes, position });
      expect(await seen()).toEqual(once);
      expect(once.count).toBe(2);
    });

    it('lets the greater revision win, also over a deletion', async () => {
      await put('a', 'five', { revision: 5, tags: { t: ['x'] } });
      await put('a', 'four', { revision: 4, tags: { t: ['y'] } });
      await put('a', 'five again', { revision: 5 });
      await put('a', undefined, { revision: 4 });
      expect(await view.get('a')).toEqual({ text: 'five' });
      expect([await view.count('t', 'x'), await view.count('t', 'y')]).toEqual([1, 0]);
      await put('a', 'six', { revision: 6 });
      expect(await view.get('a')).toEqual({ text: 'six' });
      await put('a', undefined, { revision: 8 });
      await put('a', 'seven', { revision: 7, tags: { t: ['x'] } });
      expect(await view.get('a')).toBeUndefined();
      expect(await view.count('t', 'x')).toBe(0);
      expect(await pages({ limit: 10, order: 'ascending' })).toEqual([[]]);
      await put('a', 'nine', { revision: 9 });
      expect(await view.get('a')).toEqual({ text: 'nine' });
    });

    it('lists in both orders, by all tags, in pages', async () => {
      for (let n = 0; n < 10; n++) {
        const tags = { user: [n % 2 === 0 ? 'even' : 'odd', 'any'], type: [n < 5 ? 'low' : 'high'] };
        await put(`k${n}`, 'x', { sort: String(Math.floor(n / 2)), tags });
      }
      expect(await pages({ limit: 4, order: 'ascending' })).toEqual([
        ['k0', 'k1', 'k2', 'k3'],
        ['k4', 'k5', 'k6', 'k7'],
        ['k8', 'k9'],
      ]);
      expect(await pages({ limit: 4, order: 'descending', tags: { user: 'even' } })).toEqual([
        ['k8', 'k6', 'k4', 'k2'],
        ['k0'],
      ]);
      expect(await pages({ limit: 1, order: 'ascending', tags: { type: 'low', user: 'odd' } })).toEqual([
        ['k1'],
        ['k3'],
      ]);
      expect(await pages({ limit: 9, order: 'ascending', tags: { type: 'low', user: 'none' } })).toEqual([[]]);
      expect(await view.count('user', 'any')).toBe(10);
    });

    it('refuses a cursor of another list', async () => {
      for (const key of ['a', 'b']) await put(key, 'x', { tags: { t: ['x'] } });
      const { nextCursor: cursor } = await view.list({ limit: 1, order: 'ascending' });
      const others: readonly ViewQuery[] = [
        { limit: 1, order: 'descending', cursor },
        { limit: 1, order: 'ascending', tags: { t: 'x' }, cursor },
        { limit: 1, order: 'ascending', cursor: 'x' },
      ];
      for (const other of others) await expect(view.list(other)).rejects.toMatchObject({ code: 'cursor_invalid' });
    });

    it('deletes old rows in bounded steps, and none without a sort', async () => {
      for (let n = 0; n < 7; n++) await put(`k${n}`, 'x', { sort: `2026-01-0${n + 1}`, tags: { t: ['x'] } });
      await put('timeless', 'x');
      await host.views.apply({ writes: [{ view: 'other', key: 'k0', row: { text: 'x' }, sort: '2026-01-01' }] });
      expect(await view.prune('2026-01-06', 3)).toBe(3);
      expect(await view.prune('2026-01-06', 3)).toBe(2);
      expect(await view.prune('2026-01-06', 3)).toBe(0);
      expect((await pages({ limit: 10, order: 'ascending' })).flat()).toEqual(['timeless', 'k5', 'k6']);
      expect(await view.count('t', 'x')).toBe(2);
      expect(await host.views.view('other').get('k0')).toEqual({ text: 'x' });
    });

    it('keeps the positions of every consumer', async () => {
      const save = (consumer: string, topic: string, partition: number, next: number): Promise<void> =>
        host.views.apply({ writes: [], position: { consumer, topic, partition, next } });
      await save('one', 't', 0, 5);
      await save('one', 't', 3, 9);
      await save('one', 'u', 0, 1);
      await save('two', 't', 0, 2);
      await save('one', 't', 0, 6);
      expect(await host.views.positions('one')).toEqual({ t: { 0: 6, 3: 9 }, u: { 0: 1 } });
      expect(await host.views.positions('none')).toEqual({});
      await adapter.end(host, 'close');
      host = await adapter.open();
      expect(await host.views.positions('two')).toEqual({ t: { 0: 2 } });
    });

    it('forgets what came from one partition, with its revisions, and nothing else', async () => {
      const source = { consumer: 'c', topic: 't', partition: 0 };
      const from = (partition: number, next: number, key: string, more: Put = {}): Promise<void> =>
        host.views.apply({
          writes: [{ view: 'sample', key, row: { text: key }, ...more }],
          position: { ...source, partition, next },
        });
      await from(0, 5, 'mine', { revision: 9, tags: { t: ['x'] } });
      await from(1, 6, 'of another partition', { tags: { t: ['x'] } });
      await put('of nobody', 'x');
      const writes = [
        { view: 'sample', key: 'without position', row: { text: 'x' } },
        { view: 'sample', key: 'gone', row: undefined, revision: 9 },
        { view: 'kept', key: 'mine', row: { text: 'x' } },
      ];
      await host.views.apply({ writes, source });
      for (let times = 0; times < 2; times++) {
        await host.views.reset(source, ['sample']);
        expect((await pages({ limit: 10, order: 'ascending' })).flat()).toEqual(['of another partition', 'of nobody']);
        expect(await view.count('t', 'x')).toBe(1);
        expect(await host.views.positions('c')).toEqual({ t: { 1: 6 } });
        expect(await host.views.view('kept').get('mine')).toEqual({ text: 'x' });
      }
      // The log may have begun anew, and count from 1 again.
      await from(0, 1, 'mine', { revision: 1 });
      await from(0, 2, 'gone', { revision: 1 });
      expect((await view.getMany(['mine', 'gone'])).size).toBe(2);
      expect(await host.views.positions('c')).toEqual({ t: { 0: 2, 1: 6 } });
      await host.views.reset(source, []);
      expect(await host.views.positions('c')).toEqual({ t: { 1: 6 } });
      expect((await view.getMany(['mine', 'gone'])).size).toBe(2);
    });

    it('counts a row to the partition that wrote it last', async () => {
      const position = { consumer: 'c', topic: 't', partition: 0, next: 1 };
      const writes = [{ view: 'sample', key: 'k', row: { text: 'x' } }];
      await host.views.apply({ writes, position });
      await host.views.apply({ writes, position: { ...position, partition: 1 } });
      await host.views.reset({ consumer: 'c', topic: 't', partition: 0 }, ['sample']);
      expect(await view.get('k')).toEqual({ text: 'x' });
      await host.views.reset({ consumer: 'c', topic: 't', partition: 1 }, ['sample']);
      expect(await view.get('k')).toBeUndefined();
    });

    it('never shows a position before its rows, whenever it crashes', async () => {
      let next = 0;
      for (let round = 0; round < 4; round++) {
        const from = next;
        const applies: Promise<void>[] = [];
        for (let n = from; n < from + 10; n++) {
          const position = { consumer: 'c', topic: 't', partition: 0, next: n + 1 };
          const writes = [0, 1, 2].map((part) => ({ view: 'sample', key: `${n}/${part}`, row: { text: 'x' } }));
          applies.push(host.views.apply({ writes, position }));
          if (n - from === 5 + round) await applies.at(-1);
        }
        const settled = Promise.allSettled(applies);
        await adapter.end(host, 'crash');
        await settled;
        host = await adapter.open();
        view = host.views.view<Row>('sample');
        // What the crash cut off comes again, as a log would bring it.
        next = (await host.views.positions('c')).t?.[0] ?? 0;
        expect(next).toBeGreaterThan(from + 5 + round);
        for (let n = 0; n < next; n++) {
          expect((await view.getMany([0, 1, 2].map((part) => `${n}/${part}`))).size).toBe(3);
        }
      }
    });
  });
};
