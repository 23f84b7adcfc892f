import { describe, expect, it } from 'vitest';
import { placeOf } from '../../src/kafka/lanes.ts';

const lane = { topic: 't', partition: 2 };
const bounds = { start: 10, end: 20 };

describe('where a partition is read on', () => {
  it('is the saved position, up to the very end', () => {
    expect([10, 15, 20].map((saved) => placeOf(lane, saved, bounds))).toEqual([10, 15, 20]);
  });

  it('is the oldest record for whoever has saved none', () => {
    expect(placeOf(lane, undefined, bounds)).toBe(10);
  });

  it('is a gap before the oldest record and behind the end', () => {
    expect([0, 9, 21].map((saved) => placeOf(lane, saved, bounds))).toEqual(
      [0, 9, 21].map((position) => ({ topic: 't', partition: 2, position })),
    );
  });
});
