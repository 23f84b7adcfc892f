import type { Logger } from './logger.ts';

export interface StopOnSignalsOptions {
  /** Stops everything: the host, then stores and logs. */
  stop(): Promise<void>;
  readonly logger: Logger;
  /** After this many milliseconds the process ends whether or not it has stopped; 25,000 unless told, below the 30 s of Kubernetes. */
  readonly limitMs?: number;
  /** Only tests replace these. */
  readonly exit?: (code: number) => void;
  readonly source?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * The first SIGTERM or SIGINT stops the process in order, the second at once.
 * @returns how to stop listening
 */
export const stopOnSignals = (options: StopOnSignalsOptions): (() => void) => {
  const { stop, logger, limitMs = 25_000, exit = (code) => process.exit(code), source = process } = options;
  let stopping = false;
  const onSignal = async (signal: string): Promise<void> => {
    if (stopping) {
      logger.warn({ signal }, 'stopped at once by a second signal');
      return exit(1);
    }
    stopping = true;
    logger.info({ signal }, 'stopping');
    const limit = setTimeout(() => {
      logger.error({ limitMs }, 'stopping took too long');
      exit(1);
    }, limitMs);
    try {
      await stop();
      logger.info('stopped');
      exit(0);
    } catch (error) {
      logger.error({ err: error }, 'stopping failed');
      exit(1);
    } finally {
      clearTimeout(limit);
    }
  };
  const listeners = signals.map((signal) => [signal, () => void onSignal(signal)] as const);
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
  };
};
