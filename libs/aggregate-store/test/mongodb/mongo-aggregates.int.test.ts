import { mustSkipServerTests } from '@gatehouse/test-servers';
import { describe, expect, it } from 'vitest';
import { AggregateStoreError } from '../../src/aggregate-store.ts';
import { change, type Sample } from '../../src/conformance/store-host-adapter.ts';
import { openLine } from './cut-line.ts';
import { mongoFixture } from './mongo-fixture.ts';

const skip = await mustSkipServerTests('mongo');

describe.skipIf(skip)('aggregates in MongoDB', () => {
  const { documents, open, openReady, time, uri } = mongoFixture();

  describe('a document', () => {
    it('bears state and records together, and goes when what was deleted has been sent, delayed records included', async () => {
      const host = await openReady();
      const { outbox, save, load } = host.aggregates<Sample>('sample');
      await save(change('a', 'A', { unique: { name: ['one'] }, filters: { t: 'x' } }));
      expect(await documents('aggregates')).toHaveLength(1);
      const deletion = change('a', undefined, { expectedVersion: 1, sendAfter: time.now + 60_000 });
      const [tombstone] = deletion.outbox;
      const told = {
        ...deletion,
        outbox: [{ record: { ...deletion.outbox[0]?.record } as never }, tombstone as never],
      };
      await save(told);
      expect(await load('a')).toBeUndefined();
      const [husk] = await documents('aggregates');
      expect(Object.keys(husk ?? {})).not.toEqual(expect.arrayContaining(['state']));
      for (const field of ['state', 'unique', 'filters', 'sort', 'text']) expect(husk).not.toHaveProperty(field);

      const sendAll = async (): Promise<number> => {
        const entries = await outbox.pending(10);
        await outbox.markSent(entries.map(({ position }) => position));
        return entries.length;
      };
      expect(await sendAll()).toBe(2);
      expect(await sendAll()).toBe(0);
      expect(await documents('aggregates')).toHaveLength(1);
      time.now += 60_000;
      expect(await sendAll()).toBe(1);
      expect(await documents('aggregates')).toEqual([]);
    });

    it('that was made anew under an old id is not hit by a mark that comes late', async () => {
      const host = await openReady();
      const { outbox, save } = host.aggregates<Sample>('sample');
      await save(change('a', 'A'));
      await save(change('a', undefined, { expectedVersion: 1 }));
      const positions = (await outbox.pending(10)).map(({ position }) => position);
      await outbox.markSent(positions);
      await save(change('a', 'again'));
      await outbox.markSent(positions);
      expect(await outbox.depth()).toBe(1);
    });

    it('takes so many waiting records and no more', async () => {
      const host = await openReady({ aggregateOutboxLimit: 3 });
      const { outbox, save, load } = host.aggregates<Sample>('sample');
      for (let version = 0; version < 3; version++) await save(change('a', 'A', { expectedVersion: version }));
      await expect(save(change('a', 'B', { expectedVersion: 3 }))).rejects.toMatchObject({ code: 'outbox_full' });
      await expect(save(change('a', 'B', { expectedVersion: 2 }))).rejects.toMatchObject({ code: 'version_conflict' });
      await expect(save(change('a', undefined, { expectedVersion: 3 }))).rejects.toMatchObject({ code: 'outbox_full' });
      expect((await load('a'))?.version).toBe(3);
      await save(change('b', 'B'));
      const [first] = await outbox.pending(1);
      await outbox.markSent([first?.position ?? '']);
      await save(change('a', 'B', { expectedVersion: 3 }));
    });

    it('is bounded over all processes: what another one adds is seen within a second', async () => {
      const [one, other] = [await openReady({ outboxLimit: 2 }), open({ outboxLimit: 2 })];
      const saveOne = (id: string) => one.aggregates<Sample>('sample').save(change(id, id));
      const saveOther = (id: string) => other.aggregates<Sample>('sample').save(change(id, id));
      await saveOne('a');
      await saveOther('b');
      time.now += 1_000;
      await expect(saveOne('c')).rejects.toMatchObject({ code: 'outbox_full' });
      await expect(saveOther('d')).rejects.toMatchObject({ code: 'outbox_full' });
    });
  });

  describe('a save without an answer', () => {
    const onLine = async () => {
      await openReady();
      const line = await openLine(uri());
      const host = open({ uri: line.uri, timeoutMs: 2_000 });
      await host.check();
      return { line, host, store: host.aggregates<Sample>('sample') };
    };

    it('is done when the store shows its mark', async () => {
      const { line, store } = await onLine();
      let woken = 0;
      store.outbox.onAppended(() => {
        woken += 1;
      });
      for (const expectedVersion of [0, 1]) {
        line.lose('answer', 'findAndModify');
        await store.save(change('a', 'A', { expectedVersion, unique: { name: ['one'] } }));
        expect((await store.load('a'))?.version).toBe(expectedVersion + 1);
      }
      expect(woken).toBe(2);
      expect(await store.outbox.depth()).toBe(2);
      line.cut();
    });

    it('is store_unavailable when it never arrived, and may then be done again', async () => {
      const { line, store } = await onLine();
      for (const expectedVersion of [0, 1]) {
        const wanted = change('a', 'A', { expectedVersion });
        line.lose('request', 'findAndModify');
        await expect(store.save(wanted)).rejects.toMatchObject({ code: 'store_unavailable' });
        expect((await store.load('a'))?.version ?? 0).toBe(expectedVersion);
        await store.save(wanted);
      }
      expect(await store.outbox.depth()).toBe(2);
      line.cut();
    });

    it('is store_unavailable when the store cannot be asked either, whatever became of it', async () => {
      const { line, store } = await onLine();
      line.lose('answer', 'findAndModify');
      const save = store.save(change('a', 'A'));
      setTimeout(() => line.cut(), 5);
      const outcome = await save.then(
        () => 'done',
        (error: unknown) => (error instanceof AggregateStoreError ? error.code : String(error)),
      );
      expect(['done', 'store_unavailable']).toContain(outcome);
      const seen = await open().aggregates<Sample>('sample').load('a');
      if (outcome === 'done') expect(seen?.version).toBe(1);
    });
  });

  it('lets one of 200 rivals in four processes win', async () => {
    const rivals = [open(), open(), open(), open()];
    await rivals[0]?.applyIndexes();
    for (const expectedVersion of [0, 1]) {
      const saves = [...Array(200).keys()].map(async (n) => {
        const save = rivals[n % 4]?.aggregates<Sample>('sample').save(change('a', `rival ${n}`, { expectedVersion }));
        return (save ?? Promise.reject(new Error('four hosts'))).then(
          () => 'done',
          (error: unknown) => (error instanceof AggregateStoreError ? error.code : String(error)),
        );
      });
      const codes = await Promise.all(saves);
      expect(codes.filter((code) => code === 'done')).toHaveLength(1);
      expect(codes.filter((code) => code === 'version_conflict')).toHaveLength(199);
    }
  });
});
