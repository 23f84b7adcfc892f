import type { Clock } from '@gatehouse/contracts';
import type { Projection } from './projection.ts';

const everyMs = 30_000;
const withinMs = 5_000;

/**
 * Notes twice a minute that the view has all that is on the log. Without it a view of quiet topics would look old, and one that
 * nobody feeds would not.
 */
export const createFreshness = (deps: {
  readonly projection: Pick<Projection, 'confirm'>;
  readonly clock: Clock;
  readonly caughtUp: (timeoutMs: number) => Promise<void>;
}) => {
  const { projection, clock, caughtUp } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isClosed = false;

  const look = async (): Promise<void> => {
    const since = clock.now();
    try {
      await caughtUp(withinMs);
    } catch {
      // Behind, or the log is away: the age that grows says so.
      return;
    }
    if (!isClosed) projection.confirm(since);
  };

  const run = async (): Promise<void> => {
    running ??= look().finally(() => {
      running = undefined;
    });
    await running;
  };

  return {
    /** Now; otherwise twice a minute. */
    run,
    start(): void {
      timer = setInterval(() => void run(), everyMs).unref();
    },
    async close(): Promise<void> {
      isClosed = true;
      clearInterval(timer);
      await running;
    },
  };
};
