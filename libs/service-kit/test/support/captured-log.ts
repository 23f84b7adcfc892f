import { createLogger, type Logger, type LogLevel } from '../../src/index.ts';

export interface CapturedLog {
  readonly logger: Logger;
  /** Everything written so far, parsed. */
  lines(): readonly Record<string, unknown>[];
  text(): string;
}

/** The real logger, writing into memory. */
export const capturedLog = (level: LogLevel = 'debug'): CapturedLog => {
  const written: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => void written.push(line) } });
  return {
    logger,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
};
