import { type Admin, Kafka, logLevel, type Message, type Producer } from 'kafkajs';

const clientOf = (brokers: string): Kafka =>
  new Kafka({ brokers: brokers.split(','), clientId: 'test-admin', logLevel: logLevel.NOTHING });

/** The broker's own administration, beside the adapter under test. */
export const withAdmin = async <T>(brokers: string, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = clientOf(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const withProducer = async <T>(
  brokers: string,
  transactionalId: string | undefined,
  work: (producer: Producer) => Promise<T>,
): Promise<T> => {
  const id = transactionalId === undefined ? {} : { transactionalId, idempotent: true, maxInFlightRequests: 1 };
  const producer = clientOf(brokers).producer(id);
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
};

/** Sends as any other program would: past our codec and our limits. */
export const sendRaw = async (brokers: string, topic: string, messages: readonly Message[]): Promise<void> => {
  await withProducer(brokers, undefined, (producer) => producer.send({ topic, messages: [...messages] }));
};

/** Writes records that no reader of committed records ever sees. */
export const sendAborted = async (brokers: string, topic: string, messages: readonly Message[]): Promise<void> => {
  await withProducer(brokers, `aborting-${topic}`, async (producer) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [...messages] });
    await transaction.abort();
  });
};

/** Deletes all records of the topics, as retention does. */
export const deleteRecords = (brokers: string, topics: readonly string[]): Promise<void> =>
  withAdmin(brokers, async (admin) => {
    for (const topic of topics) {
      const offsets = await admin.fetchTopicOffsets(topic);
      const partitions = offsets
        .filter(({ high, low }) => Number(high) > Number(low))
        .map(({ partition, high }) => ({ partition, offset: high }));
      if (partitions.length > 0) await admin.deleteTopicRecords({ topic, partitions });
    }
  });
