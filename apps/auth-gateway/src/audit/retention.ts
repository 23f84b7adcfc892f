import type { View } from '@gatehouse/aggregate-store';
import { type Clock, isoTime } from '@gatehouse/contracts';
import type { FastifyBaseLogger } from 'fastify';
import type { AuditRow } from './consumer.ts';

const day = 86_400_000;
const everyMs = 3_600_000;
const atOnce = 500;

/** Forgets audit entries that are older than `days`, once an hour in small steps. */
export const createAuditRetention = (deps: {
  readonly view: View<AuditRow>;
  readonly days: number;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, 'warn'>;
}) => {
  const { view, days, clock, logger } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isClosed = false;

  const prune = async (): Promise<void> => {
    const bound = isoTime(clock.now() - days * day);
    let pruned = atOnce;
    while (!isClosed && pruned === atOnce) pruned = await view.prune(bound, atOnce);
  };

  const run = (): Promise<void> => {
    running = prune().catch((error: unknown) => {
      logger.warn({ err: error }, 'old audit entries could not be deleted');
    });
    return running;
  };

  return {
    /** Now; otherwise once an hour. */
    run,
    start(): void {
      timer = setInterval(run, everyMs).unref();
    },
    async close(): Promise<void> {
      isClosed = true;
      clearInterval(timer);
      await running;
    },
  };
};
