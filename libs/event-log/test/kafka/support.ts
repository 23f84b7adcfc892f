import { randomUUID } from 'node:crypto';
import { startKafka } from '@gatehouse/test-servers';
import { onTestFinished } from 'vitest';
import type { Logger } from '../../src/index.ts';
import { type KafkaEventLog, type KafkaEventLogOptions, kafkaEventLog } from '../../src/kafka/index.ts';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger whose lines can be looked at. */
export const rememberingLogger = () => {
  const lines: LogLine[] = [];
  const keep =
    (level: LogLine['level']) =>
    (fields: LogLine['fields'], message: string): void => {
      lines.push({ level, fields, message });
    };
  const logger: Logger = { debug: () => undefined, info: keep('info'), warn: keep('warn'), error: keep('error') };
  return { logger, lines };
};

export const freshPrefix = (): string => `t${randomUUID().slice(0, 8)}.`;

export const sharedBrokers = async (): Promise<string> => (await startKafka()).brokers;

/** A log that ends with its test; topics are made when they are missing. */
export const openLog = (
  brokers: string,
  prefix: string,
  options: Partial<KafkaEventLogOptions> = {},
): KafkaEventLog => {
  const log = kafkaEventLog({
    brokers: brokers.split(','),
    clientId: 'test',
    prefix,
    replicationFactor: 1,
    createTopics: true,
    logger: rememberingLogger().logger,
    ...options,
  });
  onTestFinished(() => log.close());
  return log;
};
