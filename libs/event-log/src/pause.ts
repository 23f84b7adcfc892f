/** A wait that can be ended early: true when it was ended by `wake`, false when the time ran out. */
export interface Sleeper {
  sleep(ms: number): Promise<boolean>;
  /** Ends the sleep under way; with none under way, the next one ends at once. */
  wake(): void;
}

/** One sleeper at a time. Its timer does not keep the process alive. */
export const createSleeper = (): Sleeper => {
  let awake = false;
  let end: (() => void) | undefined;
  return {
    sleep(ms) {
      if (awake) {
        awake = false;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const finish = (woken: boolean): void => {
          clearTimeout(timer);
          end = undefined;
          awake = false;
          resolve(woken);
        };
        const timer = setTimeout(() => finish(false), ms);
        timer.unref();
        end = () => finish(true);
      });
    },
    wake() {
      awake = true;
      end?.();
    },
  };
};

/** Sleeps for all of `ms`, whoever wakes the sleeper, unless `isOver` says so at a waking. */
export const sleepThrough = async (sleeper: Sleeper, ms: number, isOver: () => boolean): Promise<void> => {
  const until = performance.now() + ms;
  for (let left = ms; left > 0 && !isOver(); left = until - performance.now()) await sleeper.sleep(left);
};

export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * The pause before the next attempt: doubled with each failure up to `mostMs`, then spread over its upper half, so that
 * those who failed together do not come back together.
 * @param failures how many there were in a row, from 1
 * @param random 0 up to 1
 */
export const backoffMs = ({ firstMs, mostMs }: Backoff, failures: number, random: number): number => {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + random / 2));
};
