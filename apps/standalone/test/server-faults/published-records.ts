import { type AnyFact, topics } from '@gatehouse/contracts';
import { createLogVerification, decodeRecord, type EventLog, type LogReport, readTopics } from '@gatehouse/event-log';
import { kafkaEventLog } from '@gatehouse/event-log/kafka';
import { createLogger } from '@gatehouse/service-kit';
import type { RunningDistributed } from '@gatehouse/test-servers';
import type { PublishedLog } from '../crash/published-log.ts';

export interface PublishedRecords extends PublishedLog {
  readonly report: LogReport;
}

/** The log of a running product, for a test that reads or writes it; to be closed by the caller. */
export const openLogOf = ({ env }: Pick<RunningDistributed, 'env'>): EventLog =>
  kafkaEventLog({
    brokers: (env.GATEHOUSE_KAFKA_BROKERS ?? '').split(','),
    prefix: env.GATEHOUSE_KAFKA_PREFIX ?? '',
    clientId: 'faults',
    logger: createLogger({ level: 'silent' }),
  });

const readWithinMs = 60_000;

/** Everything on the topics of the product. */
export const readRecords = async (product: Pick<RunningDistributed, 'env'>): Promise<PublishedRecords> => {
  const log = openLogOf(product);
  const facts: AnyFact[] = [];
  const stateVersions = new Map<string, number | undefined>();
  const verification = createLogVerification();
  try {
    await readTopics(log, {
      topics: topics.map(({ name }) => name),
      timeoutMs: readWithinMs,
      onRecord(record) {
        verification.see(record);
        const message = decodeRecord(record);
        if (message.kind === 'fact') facts.push(message.fact);
        else if (message.kind === 'connector-state' || message.kind === 'user-state')
          stateVersions.set(record.key, message.record?.version);
      },
    });
  } finally {
    await log.close();
  }
  return { facts, stateVersions, report: verification.report() };
};
