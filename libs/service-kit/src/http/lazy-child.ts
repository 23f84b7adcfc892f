import type { FastifyBaseLogger } from 'fastify';
import type { Bindings, ChildLoggerOptions } from 'pino';
import type { Logger } from '../logger.ts';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
type Line = readonly unknown[];

/** One object without closures: every request has one. */
class LazyChild {
  readonly #parent: Logger;
  readonly #bindings: Bindings;
  #made: Logger | undefined;

  constructor(parent: Logger, bindings: Bindings) {
    this.#parent = parent;
    this.#bindings = bindings;
  }

  get #child(): Logger {
    this.#made ??= this.#parent.child(this.#bindings);
    return this.#made;
  }

  #write(level: Level, line: Line): void {
    if (this.#parent.isLevelEnabled(level)) Reflect.apply(this.#child[level], this.#child, line);
  }

  get level(): string {
    return this.#parent.level;
  }

  fatal(...line: Line): void {
    this.#write('fatal', line);
  }
  error(...line: Line): void {
    this.#write('error', line);
  }
  warn(...line: Line): void {
    this.#write('warn', line);
  }
  info(...line: Line): void {
    this.#write('info', line);
  }
  debug(...line: Line): void {
    this.#write('debug', line);
  }
  trace(...line: Line): void {
    this.#write('trace', line);
  }
  silent(): void {}

  child(more: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return this.#child.child(more, options);
  }
}

/**
 * A child logger that is made when it first writes. Every request gets one, and most write nothing: making the child would
 * be a good part of what a session check costs.
 */
export const lazyChild = (parent: Logger, bindings: Bindings): FastifyBaseLogger => new LazyChild(parent, bindings);
