import type { Clock } from '../src/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** @param start epoch milliseconds */
export const createTestClock = (start = Date.UTC(2026, 10, 23)): TestClock => {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
};
