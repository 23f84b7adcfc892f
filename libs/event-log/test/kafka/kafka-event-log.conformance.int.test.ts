import { randomUUID } from 'node:crypto';
import { mustSkipServerTests, startKafka } from '@gatehouse/test-servers';
import { describe } from 'vitest';
import { consumerConformance, deadLettersConformance, eventLogConformance } from '../../src/conformance/index.ts';
import { silentLogger } from '../../src/conformance/samples.ts';
import { type KafkaEventLog, kafkaEventLog } from '../../src/kafka/index.ts';
import { deleteRecords } from './broker.ts';

const skip = await mustSkipServerTests('kafka');

const openLog = async (prefix: string): Promise<KafkaEventLog> => {
  const { brokers } = await startKafka();
  return kafkaEventLog({
    brokers: brokers.split(','),
    clientId: 'conformance',
    prefix,
    replicationFactor: 1,
    createTopics: true,
    logger: silentLogger,
  });
};

const freshPrefix = (): string => `t${randomUUID().slice(0, 8)}.`;

describe.skipIf(skip)('conformance: event log × Kafka', () => {
  eventLogConformance('kafkaEventLog', async () => {
    const prefix = freshPrefix();
    const abandoned: KafkaEventLog[] = [];
    return {
      open: () => openLog(prefix),
      async end(log, how) {
        // A process that is killed leaves its writers and members behind.
        if (how === 'crash') abandoned.push(log as KafkaEventLog);
        else await log.close();
      },
      async expire(_log, topics) {
        const { brokers } = await startKafka();
        await deleteRecords(
          brokers,
          topics.map(({ name }) => `${prefix}${name}`),
        );
      },
      async dispose() {
        await Promise.all(abandoned.map((log) => log.close()));
      },
    };
  });
});

const freshLog = async () => {
  const log = await openLog(freshPrefix());
  await log.ensureTopics([]);
  return { log, deadLetters: log.deadLetters, dispose: () => log.close() };
};

describe.skipIf(skip)('conformance: dead letters × Kafka', () => {
  deadLettersConformance('kafkaEventLog', freshLog);
});

describe.skipIf(skip)('conformance: consumers × Kafka', () => {
  consumerConformance('kafkaEventLog', freshLog);
});
