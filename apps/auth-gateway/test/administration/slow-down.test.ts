import { createTestClock } from '@gatehouse/contracts/testing';
import { describe, expect, it } from 'vitest';
import { createSlowDown } from '../../src/administration/slow-down.ts';

describe('slowing down', () => {
  it('lets some tries be free, then makes each wait twice as long, up to a minute', () => {
    const clock = createTestClock();
    const slow = createSlowDown({ clock, free: 2 });
    expect([slow.enter('a'), slow.enter('a')]).toEqual([undefined, undefined]);
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 8; i++) {
      const seconds = slow.enter('a');
      waits.push(seconds);
      clock.advance((seconds ?? 0) * 1_000);
      expect(slow.enter('a')).toBeUndefined();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(slow.enter('b')).toBeUndefined();
  });

  it('begins anew after a success, and after a quiet quarter of an hour', () => {
    const clock = createTestClock();
    const slow = createSlowDown({ clock, free: 1 });
    slow.enter('a');
    expect(slow.enter('a')).toBe(1);
    slow.succeeded('a');
    expect(slow.enter('a')).toBeUndefined();
    clock.advance(15 * 60_000);
    expect(slow.enter('a')).toBeUndefined();
    expect(slow.enter('a')).toBe(1);
  });
});
