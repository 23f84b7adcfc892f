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
  /** A monotonic clock in milliseconds. */
  readonly elapsed?: () => number;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/** A terminal's Ctrl-C reaches a process under npm twice, once from each; a person needs longer for a second one. */
const echoMs = 1_000;

/**
 * The first SIGTERM or SIGINT stops the process in order, another one a second or more later at once.
 * @returns how to stop listening
 */
export const stopOnSignals = (options: StopOnSignalsOptions): (() => void) => {
  const {
    stop,
    logger,
    limitMs = 25_000,
    exit = (code) => process.exit(code),
    source = process,
    elapsed = () => performance.now(),
  } = options;
  let stoppingSince: number | undefined;
  const onSignal = async (signal: string): Promise<void> => {
    if (stoppingSince !== undefined) {
      if (elapsed() - stoppingSince < echoMs) return;
      logger.warn({ signal }, 'stopped at once by a second signal');
      return exit(1);
    }
    stoppingSince = elapsed();
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
