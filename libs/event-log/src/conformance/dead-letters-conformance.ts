import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetter, DeadLetters } from '../dead-letters.ts';
import { freshGroup } from './samples.ts';

export interface DeadLettersAdapter {
  readonly deadLetters: DeadLetters;
  dispose(): Promise<void>;
}

const letterOf = (consumer: string, key: string, offset: number, reason = 'broken'): DeadLetter => ({
  consumer,
  record: {
    topic: 'gatehouse.sample.events',
    partition: 1,
    offset,
    key,
    headers: { ce_type: 'sample' },
    value: offset % 2 === 0 ? `{"n":${offset}}` : undefined,
  },
  reason,
  parkedAt: 1_700_000_000_000 + offset,
});

/** What every store of dead letters must do. */
export const deadLettersConformance = (name: string, makeAdapter: () => Promise<DeadLettersAdapter>): void => {
  describe(`${name} as a store of dead letters`, () => {
    let adapter: DeadLettersAdapter;
    let dead: DeadLetters;
    beforeEach(async () => {
      adapter = await makeAdapter();
      dead = adapter.deadLetters;
    });
    afterEach(() => adapter.dispose());

    it('gives letters back whole, in the order in which they were parked', async () => {
      const consumer = freshGroup();
      const letters = [4, 5, 9, 12].map((offset) => letterOf(consumer, 'a', offset));
      await dead.park(letters.slice(0, 2));
      await dead.park(letters.slice(2));
      expect(await dead.letters(consumer, 'a', 10)).toEqual(letters);
      expect(await dead.letters(consumer, 'a', 2)).toEqual(letters.slice(0, 2));
    });

    it('keeps a letter that is parked twice once, as it was', async () => {
      const consumer = freshGroup();
      await dead.park([letterOf(consumer, 'a', 4, 'first')]);
      await dead.park([letterOf(consumer, 'a', 4, 'second'), letterOf(consumer, 'a', 5)]);
      const kept = await dead.letters(consumer, 'a', 10);
      expect(kept.map(({ record, reason }) => [record.offset, reason])).toEqual([
        [4, 'first'],
        [5, 'broken'],
      ]);
    });

    it('knows which keys are parked, for each consumer alone', async () => {
      const [one, two] = [freshGroup(), freshGroup()];
      await dead.park([letterOf(one, 'a', 4)]);
      expect([...(await dead.parkedAmong(one, ['a', 'b']))]).toEqual(['a']);
      expect([...(await dead.parkedAmong(two, ['a', 'b']))]).toEqual([]);
    });

    it('lists parked keys with what went wrong first', async () => {
      const consumer = freshGroup();
      await dead.park([letterOf(consumer, 'b', 4, 'bad'), letterOf(consumer, 'a', 5, 'worse')]);
      await dead.park([letterOf(consumer, 'b', 6, 'behind')]);
      expect(await dead.list({ consumer, limit: 10 })).toEqual([
        { consumer, key: 'b', letters: 2, reason: 'bad', parkedAt: 1_700_000_000_004 },
        { consumer, key: 'a', letters: 1, reason: 'worse', parkedAt: 1_700_000_000_005 },
      ]);
      expect(await dead.list({ consumer, key: 'a', limit: 10 })).toHaveLength(1);
      expect(await dead.list({ consumer, limit: 1 })).toHaveLength(1);
      expect((await dead.list({ limit: 1_000 })).filter((each) => each.consumer === consumer)).toHaveLength(2);
    });

    it('frees a key with its last letter, and all at once when it is dropped', async () => {
      const consumer = freshGroup();
      const letters = [letterOf(consumer, 'a', 4), letterOf(consumer, 'a', 5), letterOf(consumer, 'b', 6)];
      await dead.park(letters);
      for (const letter of letters.slice(0, 1)) await dead.remove(letter);
      expect((await dead.parkedAmong(consumer, ['a'])).size).toBe(1);
      for (const letter of letters.slice(0, 2)) await dead.remove(letter);
      expect((await dead.parkedAmong(consumer, ['a'])).size).toBe(0);
      expect(await dead.drop(consumer, 'b')).toBe(1);
      expect(await dead.drop(consumer, 'b')).toBe(0);
      expect(await dead.list({ consumer, limit: 10 })).toEqual([]);
    });
  });
};
