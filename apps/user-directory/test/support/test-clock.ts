import type { Clock } from '@gatehouse/contracts';

/** A clock that stands still until it is told otherwise. */
export const testClock = (start = Date.UTC(2026, 10, 23)): Clock & { advance(ms: number): void } => {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
};
