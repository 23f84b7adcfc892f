import type { Clock } from '@gatehouse/contracts';

export interface WindowCounter {
  /** Counts one event for the key. */
  add(key: string): void;
  /** Seconds until the key's window is over; undefined while the key is under the limit. */
  retryAfter(key: string): number | undefined;
  /** `retryAfter`, and counts one event when the key was under the limit. */
  take(key: string): number | undefined;
}

/**
 * Counts events by key in fixed windows. Memory is bounded: when `mostKeys` are counted, the oldest window is forgotten,
 * which only ever errs in favour of the caller.
 */
export const createWindowCounter = (options: {
  readonly clock: Clock;
  readonly limit: number;
  readonly windowMs: number;
  readonly mostKeys?: number;
}): WindowCounter => {
  const { clock, limit, windowMs, mostKeys = 20_000 } = options;
  // In the order in which windows began, so that the first one is always the oldest.
  const windows = new Map<string, { count: number; readonly endsAt: number }>();

  const current = (key: string) => {
    const window = windows.get(key);
    if (window === undefined || window.endsAt > clock.now()) return window;
    windows.delete(key);
    return undefined;
  };

  const add = (key: string): void => {
    const window = current(key);
    if (window !== undefined) {
      window.count++;
      return;
    }
    if (windows.size >= mostKeys) {
      const oldest = windows.keys().next();
      if (oldest.done !== true) windows.delete(oldest.value);
    }
    windows.set(key, { count: 1, endsAt: clock.now() + windowMs });
  };

  const retryAfter = (key: string): number | undefined => {
    const window = current(key);
    if (window === undefined || window.count < limit) return undefined;
    return Math.max(1, Math.ceil((window.endsAt - clock.now()) / 1000));
  };

  return {
    add,
    retryAfter,
    take(key) {
      const seconds = retryAfter(key);
      if (seconds === undefined) add(key);
      return seconds;
    },
  };
};
