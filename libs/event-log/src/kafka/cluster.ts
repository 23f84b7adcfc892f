import type { Kafka } from 'kafkajs';
import { EventLogError } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { createKafkaClient } from './kafka-client.ts';
import { reported, within } from './kafka-errors.ts';
import { type KafkaConnectionOptions, usualTiming } from './kafka-options.ts';
import { encodeMetadataRequest, type MetadataAnswer, metadataApi, parseMetadataResponse } from './metadata-request.ts';

type OffsetsOfTopic = readonly {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}[];

/** The part of kafkajs's cluster (2.2.4, src/cluster) that is used here: its admin client tells neither topic ids nor high watermarks. */
interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly fromBeginning: boolean;
      readonly partitions: readonly { readonly partition: number }[];
    }[],
  ): Promise<OffsetsOfTopic>;
  readonly brokerPool: {
    findConnectedBroker(): Promise<{
      readonly connectionPool: { send(request: object): Promise<MetadataAnswer> };
    }>;
  };
}

const isolation = { readUncommitted: 0, readCommitted: 1 } as const;

const rawCluster = (kafka: Kafka, isolationLevel: number): RawCluster => {
  const name = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  if (name === undefined) throw new Error('this version of kafkajs is not the one this adapter was made for');
  const creators = kafka as unknown as Record<symbol, (options: object) => RawCluster>;
  const create = creators[name];
  if (create === undefined) throw new Error('this version of kafkajs is not the one this adapter was made for');
  return create({ isolationLevel, allowAutoTopicCreation: false, metadataMaxAge: 300_000 });
};

/** Offsets by topic and partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** `start`: oldest record there is; `end`: after the newest that is on the log, committed or not; `stable`: how far readers of committed records can get. */
export type OffsetKind = 'start' | 'end' | 'stable';

/** What a log knows of its topics, by their names on the broker. */
export interface KafkaCluster {
  /** Topics that are not there are left out. */
  describe(topics: readonly string[]): Promise<MetadataAnswer>;
  offsets(kind: OffsetKind, topics: readonly string[]): Promise<Offsets>;
  close(): Promise<void>;
}

const unknownTopic = 3;

/** Connects at the first question; a question that fails makes the next one connect anew. */
export const createKafkaCluster = (options: KafkaConnectionOptions, logger: Logger): KafkaCluster => {
  type Connected = { readonly raw: Record<keyof typeof isolation, RawCluster>; end(): Promise<void> };
  let connecting: Promise<Connected> | undefined;
  let closed = false;
  const { requestMs } = { ...usualTiming, ...options.timing };

  const connect = async (): Promise<Connected> => {
    const client = createKafkaClient(options, logger);
    const raw = {
      readUncommitted: rawCluster(client.kafka, isolation.readUncommitted),
      readCommitted: rawCluster(client.kafka, isolation.readCommitted),
    };
    const all = Object.values(raw);
    const end = () => client.end(async () => void (await Promise.all(all.map((each) => each.disconnect()))));
    try {
      await Promise.all(all.map((each) => each.connect()));
      return { raw, end };
    } catch (error) {
      await end();
      throw error;
    }
  };

  const askOnce = async <T>(
    mine: Promise<Connected>,
    doing: string,
    question: (raw: Connected['raw']) => Promise<T>,
  ): Promise<T> => {
    try {
      const answer = mine.then(({ raw }) => question(raw));
      return await reported(doing, () => within(requestMs, doing, answer));
    } catch (error) {
      // Whoever asks next must not wait on connections that have just failed.
      if (connecting === mine) connecting = undefined;
      mine.then(({ end }) => end()).catch(() => undefined);
      throw error;
    }
  };

  const ask = async <T>(doing: string, question: (raw: Connected['raw']) => Promise<T>): Promise<T> => {
    if (closed) throw new EventLogError('closed', 'the event log is closed');
    const known = connecting;
    const startedAt = performance.now();
    try {
      connecting ??= connect();
      return await askOnce(connecting, doing, question);
    } catch (error) {
      // Connections that stood for long may be gone without having said so; that is found out fast, and nothing is down.
      if (known === undefined || closed || performance.now() - startedAt > requestMs / 2) throw error;
      connecting ??= connect();
      return askOnce(connecting, doing, question);
    }
  };

  const describe = (topics: readonly string[]): Promise<MetadataAnswer> =>
    ask('reading topics', async ({ readCommitted }) => {
      await readCommitted.addMultipleTargetTopics([]);
      const broker = await readCommitted.brokerPool.findConnectedBroker();
      const answer = await broker.connectionPool.send({
        request: { ...metadataApi, encode: async () => encodeMetadataRequest(topics) },
        response: {
          decode: async (buffer: Buffer) => parseMetadataResponse(buffer),
          parse: async (data: object) => data,
        },
      });
      const refused = answer.topics.find(({ errorCode }) => errorCode !== 0 && errorCode !== unknownTopic);
      if (refused !== undefined) {
        throw new EventLogError(
          'log_unavailable',
          `topic ${refused.name} is not available, error ${refused.errorCode}`,
        );
      }
      return { ...answer, topics: answer.topics.filter(({ errorCode }) => errorCode === 0) };
    });

  return {
    describe,
    async offsets(kind, topics) {
      const { topics: there } = await describe(topics);
      return ask('reading offsets', async (raw) => {
        const cluster = kind === 'stable' ? raw.readCommitted : raw.readUncommitted;
        const known = there.map(({ name, partitions }) => ({
          topic: name,
          fromBeginning: kind === 'start',
          partitions: partitions.map((partition) => ({ partition })),
        }));
        if (known.length === 0) return new Map();
        await cluster.addMultipleTargetTopics(known.map(({ topic }) => topic));
        const found = await cluster.fetchTopicsOffset(known);
        return new Map(
          found.map(({ topic, partitions }) => [
            topic,
            new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
          ]),
        );
      });
    },
    async close() {
      closed = true;
      await connecting?.then(({ end }) => end()).catch(() => undefined);
    },
  };
};
