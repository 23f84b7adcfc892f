import type { Clock } from '@gatehouse/contracts';

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export const createTestClock = (start = Date.UTC(2026, 10, 23, 12)): TestClock => {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
};
