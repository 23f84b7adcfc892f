import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { censorFields } from './censor.ts';

export type { Logger };

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string | undefined;
  readonly cause?: LoggedError;
}

/** Name, words, code, stack and causes of an error; other members may hold what must not be logged. */
const errorFields = (error: unknown, depth = 0): LoggedError => {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: errorFields(error.cause, depth + 1) }),
  };
};

export interface LogOptions {
  readonly level: LogLevel;
  /** `service` of every line. */
  readonly service?: string;
  /** Standard output unless told. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines: a fixed message, the data in fields, time as ISO 8601. Cookies, authorization, assertions, tokens and
 * secrets are censored by name; errors are reduced to name, message, code, stack and causes.
 */
export const createLogger = ({ level, service, destination }: LogOptions): Logger => {
  const options: LoggerOptions = {
    level,
    base: service === undefined ? {} : { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: censorFields, bindings: censorFields },
    serializers: { err: (error: unknown) => errorFields(error) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
};
