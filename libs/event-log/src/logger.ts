type LogLine = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of a pino logger that relay and runner use: a fixed message, data in fields. */
export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

/** The stable `code` of an error, else its name: what a log line or a label may carry. */
export const errorCode = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
