import type { Clock } from '@gatehouse/contracts';

/** Makes guessing slow: after a few failures every further try must wait longer, up to a minute. */
export interface SlowDown {
  /** Seconds to wait; undefined when a try is allowed, which then counts as failed until `succeeded` says otherwise. */
  enter(key: string): number | undefined;
  succeeded(key: string): void;
}

const forgottenAfterMs = 15 * 60_000;
const longestWaitMs = 60_000;

/**
 * @param options.free how many tries are free of waiting
 * Tries are counted before they are judged, so that many at the same moment do not all pass as the first.
 */
export const createSlowDown = (options: {
  readonly clock: Clock;
  readonly free: number;
  readonly mostKeys?: number;
}): SlowDown => {
  const { clock, free, mostKeys = 10_000 } = options;
  const tries = new Map<string, { readonly count: number; readonly lastAt: number }>();

  const waitMs = (count: number): number => (count < free ? 0 : Math.min(longestWaitMs, 1_000 * 2 ** (count - free)));

  return {
    enter(key) {
      const now = clock.now();
      const known = tries.get(key);
      const current = known !== undefined && now - known.lastAt < forgottenAfterMs ? known : undefined;
      const allowedAt = current === undefined ? now : current.lastAt + waitMs(current.count);
      if (now < allowedAt) return Math.ceil((allowedAt - now) / 1000);
      tries.delete(key);
      if (tries.size >= mostKeys) {
        const oldest = tries.keys().next();
        if (oldest.done !== true) tries.delete(oldest.value);
      }
      tries.set(key, { count: (current?.count ?? 0) + 1, lastAt: now });
      return undefined;
    },
    succeeded: (key) => {
      tries.delete(key);
    },
  };
};
