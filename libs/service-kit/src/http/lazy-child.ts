import type { FastifyBaseLogger, FastifyLogFn } from 'fastify';
import type { Bindings, ChildLoggerOptions } from 'pino';
import type { Logger } from '../logger.ts';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/**
 * A child logger that is made when it first writes. Every request gets one, and most write nothing: making the child would
 * be a good part of what a session check costs.
 */
export const lazyChild = (parent: Logger, bindings: Bindings): FastifyBaseLogger => {
  let child: Logger | undefined;
  const made = (): Logger => {
    child ??= parent.child(bindings);
    return child;
  };
  const write =
    (level: Level): FastifyLogFn =>
    (...line: readonly unknown[]): void => {
      if (!parent.isLevelEnabled(level)) return;
      const log = made();
      Reflect.apply(log[level], log, line);
    };
  return {
    level: parent.level,
    fatal: write('fatal'),
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    trace: write('trace'),
    silent: () => undefined,
    child: (more: Bindings, options?: ChildLoggerOptions) => made().child(more, options),
  };
};
