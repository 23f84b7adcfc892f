import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AggregateStore, AggregateStoreError, type StoreHost } from '../aggregate-store.ts';
import { change, type Sample, type StoreHostAdapter } from './store-host-adapter.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof AggregateStoreError) return error.code;
    throw error;
  }
};

/** Saving, loading, unique keys and the outbox of every aggregate store. */
export const aggregateStoreConformance = (name: string, makeAdapter: () => Promise<StoreHostAdapter>): void => {
  describe(`${name} as a store of aggregates`, () => {
    let adapter: StoreHostAdapter;
    let host: StoreHost;
    let store: AggregateStore<Sample>;

    const reopen = async (how: 'close' | 'crash', options?: { readonly outboxLimit?: number }): Promise<void> => {
      await adapter.end(host, how);
      host = await adapter.open(options);
      store = host.aggregates<Sample>('sample');
    };

    beforeEach(async () => {
      adapter = await makeAdapter();
      host = await adapter.open();
      store = host.aggregates<Sample>('sample');
    });
    afterEach(async () => {
      await adapter.end(host, 'close');
      await adapter.dispose();
    });

    /** Everything that a test could see, to show that a refusal changed none of it. */
    const everything = async () => ({
      listed: await store.list({ limit: 200 }),
      outbox: await store.outbox.pending(1_000),
      depth: await store.outbox.depth(),
      count: await store.count(),
    });

    it('loads what was saved, and nothing that was not', async () => {
      await store.save(change('a', 'Zoë ☃ "𝄞" \u0000'));
      expect(await store.load('a')).toEqual({ id: 'a', version: 1, state: { name: 'Zoë ☃ "𝄞" \u0000' } });
      await store.save(change('a', 'second', { expectedVersion: 1 }));
      expect(await store.load('a')).toEqual({ id: 'a', version: 2, state: { name: 'second' } });
      expect(await store.load('b')).toBeUndefined();
      expect(await store.findByUnique('name', 'second')).toBeUndefined();
    });

    it('refuses a change made from an old version, and changes nothing', async () => {
      await store.save(change('a', 'first', { unique: { name: ['first'] } }));
      await store.save(change('a', 'second', { expectedVersion: 1, unique: { name: ['second'] } }));
      const before = await everything();
      for (const expectedVersion of [0, 1, 3]) {
        const rival = change('a', 'rival', { expectedVersion, unique: { name: ['rival'] } });
        expect(await codeOf(store.save(rival))).toBe('version_conflict');
      }
      expect(await codeOf(store.save(change('a', undefined, { expectedVersion: 1 })))).toBe('version_conflict');
      expect(await codeOf(store.save(change('ghost', 'x', { expectedVersion: 4 })))).toBe('version_conflict');
      expect(await everything()).toEqual(before);
      expect(await store.findByUnique('name', 'rival')).toBeUndefined();
      expect(await store.findByUnique('name', 'first')).toBeUndefined();
    });

    it('refuses a change that makes no new version', async () => {
      await expect(store.save({ ...change('a', 'x'), version: 0 })).rejects.toBeInstanceOf(RangeError);
      await expect(store.save(change('a', undefined))).rejects.toBeInstanceOf(RangeError);
    });

    it('lets one of 200 rivals win, at making and at changing', async () => {
      const rivals = Array.from({ length: 200 }, (_, n) => n);
      for (const expectedVersion of [0, 1]) {
        const saves = rivals.map((n) => codeOf(store.save(change('a', `rival ${n}`, { expectedVersion }))));
        const codes = await Promise.all(saves);
        expect(codes.filter((code) => code === 'done')).toHaveLength(1);
        expect(codes.filter((code) => code === 'version_conflict')).toHaveLength(199);
        expect((await store.load('a'))?.version).toBe(expectedVersion + 1);
        expect(await store.outbox.depth()).toBe(expectedVersion + 1);
      }
    });

    it('gives a key to one aggregate, and names the index that is taken', async () => {
      await store.save(change('a', 'A', { unique: { name: ['one'], subject: ['s1', 's2', 's3'] } }));
      const before = await everything();
      const rivals = [
        { unique: { name: ['one'] }, index: 'name' },
        { unique: { name: ['free'], subject: ['s9', 's2'] }, index: 'subject' },
      ];
      for (const { unique, index } of rivals) {
        const save = store.save(change('b', 'B', { unique }));
        await expect(save).rejects.toMatchObject({ code: 'unique_taken', index });
      }
      expect(await everything()).toEqual(before);
      expect(await store.findByUnique('name', 'free')).toBeUndefined();
      expect(await store.findByUnique('subject', 's9')).toBeUndefined();
      // The same text under another index is another key.
      await store.save(change('b', 'B', { unique: { name: ['s1'], subject: ['one'] } }));
      expect((await store.findByUnique('subject', 's3'))?.id).toBe('a');
      expect((await store.findByUnique('subject', 'one'))?.id).toBe('b');
    });

    it('gives one of many rivals a new name', async () => {
      const saves = Array.from({ length: 50 }, (_, n) =>
        codeOf(store.save(change(`r${n}`, 'x', { unique: { name: ['x'] } }))),
      );
      const codes = await Promise.all(saves);
      expect(codes.filter((code) => code === 'done')).toHaveLength(1);
      expect(codes.filter((code) => code === 'unique_taken')).toHaveLength(49);
      expect(await store.count()).toBe(1);
    });

    it('frees keys that a change leaves out, keeps the others, and lets names be swapped by way of a third', async () => {
      const named = (id: string, key: string, expectedVersion: number) =>
        store.save(change(id, id, { expectedVersion, unique: { name: [key], fixed: [`of ${id}`] } }));
      await named('a', 'one', 0);
      await named('b', 'two', 0);
      expect(await codeOf(named('a', 'two', 1))).toBe('unique_taken');
      await named('a', 'tmp', 1);
      await named('b', 'one', 1);
      await named('a', 'two', 2);
      expect((await store.findByUnique('name', 'one'))?.id).toBe('b');
      expect((await store.findByUnique('name', 'two'))?.id).toBe('a');
      expect(await store.findByUnique('name', 'tmp')).toBeUndefined();
      expect((await store.findByUnique('fixed', 'of a'))?.version).toBe(3);
    });

    it('moves a key between indexes of one aggregate in one change', async () => {
      await store.save(change('a', 'A', { unique: { left: ['x'], right: ['y'] } }));
      await store.save(change('a', 'A', { expectedVersion: 1, unique: { left: ['y'], right: ['x', 'x'] } }));
      expect((await store.findByUnique('left', 'y'))?.id).toBe('a');
      expect(await store.findByUnique('left', 'x')).toBeUndefined();
      expect((await store.findByUnique('right', 'x'))?.version).toBe(2);
    });

    it('deletes: not found, not listed, its keys free, its records still sent', async () => {
      await store.save(change('a', 'A', { unique: { name: ['one'] }, filters: { type: 't' } }));
      await store.save(change('a', undefined, { expectedVersion: 1 }));
      expect(await store.load('a')).toBeUndefined();
      expect(await store.findByUnique('name', 'one')).toBeUndefined();
      expect(await store.list({ limit: 10, filters: { type: 't' } })).toEqual({ items: [] });
      expect(await store.count()).toBe(0);
      expect(await store.count({ type: 't' })).toBe(0);
      await store.save(change('b', 'B', { unique: { name: ['one'] } }));
      const sent = (await store.outbox.pending(10)).map(({ aggregateId, record }) => [aggregateId, record.value]);
      expect(sent).toEqual([
        ['a', '{"v":1}'],
        ['a', '{"v":2}'],
        ['b', '{"v":1}'],
      ]);
    });

    it('keeps kinds apart', async () => {
      const other = host.aggregates<Sample>('other');
      await store.save(change('a', 'sample', { unique: { name: ['one'] } }));
      await other.save(change('a', 'other', { unique: { name: ['one'] } }));
      expect((await store.findByUnique('name', 'one'))?.state.name).toBe('sample');
      expect((await other.load('a'))?.state.name).toBe('other');
      expect(store.outbox.name).not.toBe(other.outbox.name);
      await other.outbox.markSent((await other.outbox.pending(10)).map(({ position }) => position));
      expect(await store.outbox.depth()).toBe(1);
    });

    it('saves state and outbox together: after a crash they agree', async () => {
      const saves: Promise<string>[] = [];
      for (let n = 0; n < 60; n++) {
        const id = `a${n % 6}`;
        saves.push(codeOf(store.save(change(id, `n${n}`, { expectedVersion: Math.floor(n / 6) }))));
      }
      const first = await Promise.all(saves.slice(0, 30));
      await reopen('crash');
      await Promise.allSettled(saves);
      const sent = await store.outbox.pending(1_000);
      let acknowledged = 0;
      for (let n = 0; n < 6; n++) {
        const version = (await store.load(`a${n}`))?.version ?? 0;
        const values = sent.filter(({ aggregateId }) => aggregateId === `a${n}`).map(({ record }) => record.value);
        expect(values).toEqual(Array.from({ length: version }, (_, at) => `{"v":${at + 1}}`));
        acknowledged += version;
      }
      expect(acknowledged).toBeGreaterThanOrEqual(first.filter((code) => code === 'done').length);
    });

    it('keeps everything over a stop', async () => {
      await store.save(change('a', 'A', { unique: { name: ['one'] }, filters: { type: 't' } }));
      const before = await everything();
      await reopen('close');
      expect(await everything()).toEqual(before);
      expect((await store.findByUnique('name', 'one'))?.id).toBe('a');
    });

    it('refuses changes while too many records wait, and takes them again when they are sent', async () => {
      await reopen('close', { outboxLimit: 3 });
      for (let n = 0; n < 3; n++) await store.save(change(`a${n}`, 'A'));
      const before = await everything();
      expect(await codeOf(store.save(change('b', 'B', { unique: { name: ['b'] } })))).toBe('outbox_full');
      expect(await everything()).toEqual(before);
      const [first] = await store.outbox.pending(1);
      await store.outbox.markSent([first?.position ?? '']);
      expect(await codeOf(store.save(change('b', 'B', { unique: { name: ['b'] } })))).toBe('done');
    });

    it('sends a delayed record when it is due, and no later record of its aggregate before it', async () => {
      await store.save(change('a', 'A'));
      await store.save(change('a', undefined, { expectedVersion: 1, sendAfter: adapter.now() + 60_000 }));
      await store.save(change('a', 'made anew'));
      await store.save(change('b', 'B'));
      const waiting = async () =>
        (await store.outbox.pending(10)).map(({ aggregateId, record }) => `${aggregateId} ${record.value}`);
      expect(await waiting()).toEqual(['a {"v":1}', 'b {"v":1}']);
      expect(await store.outbox.depth()).toBe(2);
      await reopen('crash');
      adapter.advance(59_000);
      expect(await waiting()).toEqual(['a {"v":1}', 'b {"v":1}']);
      adapter.advance(1_000);
      const due = (await waiting()).filter((entry) => entry.startsWith('a'));
      expect(due).toEqual(['a {"v":1}', 'a {"v":2}', 'a {"v":1}']);
      expect(await store.outbox.depth()).toBe(4);
    });

    it('sends a record that has come due before those that were saved after it', async () => {
      await store.save(change('a', 'A', { sendAfter: adapter.now() + 1_000 }));
      adapter.advance(1_000);
      await store.save(change('a', 'B', { expectedVersion: 1 }));
      expect((await store.outbox.pending(10)).map(({ record }) => record.value)).toEqual(['{"v":1}', '{"v":2}']);
    });

    it('answers a check while it can be written to', async () => {
      await expect(host.check()).resolves.toBeUndefined();
    });
  });
};
