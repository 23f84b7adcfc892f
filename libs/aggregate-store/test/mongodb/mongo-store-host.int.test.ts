import { mustSkipServerTests } from '@gatehouse/test-servers';
import { describe, expect, it } from 'vitest';
import { change, type Sample } from '../../src/conformance/store-host-adapter.ts';
import { mongoFixture } from './mongo-fixture.ts';

const skip = await mustSkipServerTests('mongo');

describe.skipIf(skip)('the store in MongoDB', () => {
  const { collection, documents, open, openReady } = mongoFixture();

  describe('indexes', () => {
    it('that are missing stop every read and write, by name, until they are made', async () => {
      const host = open();
      const store = host.aggregates<Sample>('sample');
      const missing = {
        code: 'store_unavailable',
        message: expect.stringMatching(/missing index test\.aggregates\.unique_keys, .*test\.view_rows\.tagged/),
      };
      await expect(store.save(change('a', 'A'))).rejects.toMatchObject(missing);
      await expect(store.load('a')).rejects.toMatchObject(missing);
      await expect(host.check()).rejects.toMatchObject(missing);
      await expect(host.checkIndexes()).rejects.toMatchObject(missing);
      await expect(host.views.positions('c')).rejects.toMatchObject(missing);
      expect(await documents('aggregates')).toEqual([]);
      expect(await open().applyIndexes()).toHaveLength(8);
      await store.save(change('a', 'A'));
      await host.checkIndexes();
      expect(await open().applyIndexes()).toEqual([]);
    });

    it('of the right name and another meaning are refused, and not replaced', async () => {
      await openReady();
      const aggregates = collection('aggregates');
      await aggregates.dropIndex('unique_keys');
      await aggregates.createIndex({ unique: 1 }, { name: 'unique_keys', sparse: true });
      const host = open();
      await expect(host.check()).rejects.toThrow(/missing index test\.aggregates\.unique_keys$/);
    });
  });

  describe('a reset that broke off', () => {
    it('is finished before positions are told again', async () => {
      const host = await openReady();
      const source = { consumer: 'c', topic: 't', partition: 0 };
      const writes = [{ view: 'v', key: 'k', row: 'x' }];
      await host.views.apply({ writes, position: { ...source, next: 4 } });
      const broken = { $set: { resetting: ['v'] }, $unset: { next: 1 } } as const;
      await collection('view_positions').updateOne({ _id: 'c/t/0' as never }, broken);
      expect(await host.views.positions('c')).toEqual({});
      expect(await host.views.view('v').get('k')).toBeUndefined();
      expect(await documents('view_positions')).toEqual([]);
    });
  });

  describe('rows of views', () => {
    it('keep the greatest revision when processes write the same ones at once', async () => {
      const [one, other] = [await openReady(), open()];
      for (let round = 0; round < 5; round++) {
        const applies = [...Array(10).keys()].map((revision) =>
          (revision % 2 === 0 ? one : other).views.apply({
            writes: [{ view: 'v', key: `k${round}`, row: revision, revision }],
          }),
        );
        await Promise.all(applies);
        expect(await one.views.view('v').get(`k${round}`)).toBe(9);
      }
    });

    it('of one key in one change come in their order', async () => {
      const host = await openReady();
      const writes = ['one', 'two', undefined, 'three'].map((row) => ({ view: 'v', key: 'k', row }));
      await host.views.apply({ writes });
      expect(await host.views.view('v').get('k')).toBe('three');
    });
  });
});
