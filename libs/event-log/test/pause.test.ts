import { describe, expect, it } from 'vitest';
import { backoffMs, createSleeper, sleepThrough } from '../src/pause.ts';

describe('a sleeper', () => {
  it('wakes when it is told to, or when the time is over', async () => {
    const sleeper = createSleeper();
    const sleeping = sleeper.sleep(60_000);
    sleeper.wake();
    expect(await sleeping).toBe(true);
    expect(await sleeper.sleep(5)).toBe(false);
  });

  it('does not fall asleep after a call that came before', async () => {
    const sleeper = createSleeper();
    sleeper.wake();
    sleeper.wake();
    expect(await sleeper.sleep(60_000)).toBe(true);
    expect(await sleeper.sleep(5)).toBe(false);
  });

  it('sleeps through wake-ups unless it is over', async () => {
    const sleeper = createSleeper();
    const calls = setInterval(sleeper.wake, 5);
    const start = performance.now();
    await sleepThrough(sleeper, 40, () => false);
    expect(performance.now() - start).toBeGreaterThanOrEqual(38);
    await sleepThrough(sleeper, 60_000, () => performance.now() - start > 50);
    clearInterval(calls);
  });
});

describe('a backoff', () => {
  it('doubles up to its end, spread over the upper half', () => {
    const backoff = { firstMs: 100, mostMs: 1_000 };
    expect([1, 2, 3, 4, 5, 99].map((failures) => backoffMs(backoff, failures, 1))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backoffMs(backoff, 3, 0)).toBe(200);
  });
});
