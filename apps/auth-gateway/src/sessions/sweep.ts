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

  const run = (): void => {
    if (running !== undefined) return;
    running = loginState
      .sweep(atOnce)
      .then(
        () => undefined,
        (error: unknown) => logger.warn({ err: error }, 'expired login state could not be deleted'),
      )
      .finally(() => {
        running = undefined;
      });
  };

  return {
    start(): void {
      timer = setInterval(run, everyMs).unref();
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
};
