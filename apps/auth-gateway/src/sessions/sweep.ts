import type { LoginState } from '@gatehouse/login-state';
import type { FastifyBaseLogger } from 'fastify';

const everyMs = 30_000;
const atOnce = 1_000;

/** Deletes what has expired in login-state, in bounded steps. */
export const createSweep = (deps: {
  readonly loginState: Pick<LoginState, 'sweep'>;
  readonly logger: Pick<FastifyBaseLogger, 'warn'>;
}) => {
  const { loginState, logger } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isClosed = false;

  /** Goes on while there is much to delete: what one look deletes must not be less than what comes in until the next. */
  const sweepAll = async (): Promise<void> => {
    let deleted = atOnce;
    while (!isClosed && deleted >= atOnce) deleted = await loginState.sweep(atOnce);
  };

  const run = async (): Promise<void> => {
    running ??= sweepAll()
      .catch((error: unknown) => logger.warn({ err: error }, 'expired login state could not be deleted'))
      .finally(() => {
        running = undefined;
      });
    await running;
  };

  return {
    /** Now; otherwise every half minute. */
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
