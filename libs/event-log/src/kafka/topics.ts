import { setTimeout as delay } from 'node:timers/promises';
import type { TopicDefinition } from '@gatehouse/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { EventLogError } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import { deadLettersTopic } from './dead-letter-records.ts';
import { createKafkaClient } from './kafka-client.ts';
import { isLeaderless, isTopicThere, isUnknownTopic, reported, within } from './kafka-errors.ts';
import type { KafkaConnectionOptions } from './kafka-options.ts';

export interface TopicOptions {
  readonly prefix?: string | undefined;
  readonly replicationFactor?: number | undefined;
}

/** What separates one topic on the broker from its definition. */
export type TopicDifference =
  | { readonly topic: string; readonly kind: 'missing'; readonly definition: TopicDefinition }
  | {
      readonly topic: string;
      /** `config` can be applied, the others need an operator: partitions decide where keys lie. */
      readonly kind: 'config' | 'cleanup' | 'partitions';
      readonly setting: string;
      readonly wanted: string;
      readonly found: string;
    };

const mib = 1_048_576;
const settleMs = 50;

/**
 * The configuration of a topic on the broker. Compacted ones keep tombstones and the markers of transactions for
 * `retentionMs`, are compacted at least hourly, and never keep a record from compaction for longer than half of that.
 */
export const topicConfig = ({ cleanup, retentionMs }: TopicDefinition): Readonly<Record<string, string>> => ({
  'cleanup.policy': cleanup,
  'max.message.bytes': String(mib + 12),
  'message.timestamp.type': 'CreateTime',
  ...(cleanup === 'delete'
    ? { 'retention.ms': String(retentionMs) }
    : {
        'delete.retention.ms': String(retentionMs),
        'max.compaction.lag.ms': String(Math.ceil(retentionMs / 2)),
        'min.cleanable.dirty.ratio': '0.1',
        'segment.ms': String(Math.min(3_600_000, Math.ceil(retentionMs / 2))),
      }),
});

/** Whether something can be changed without harm; what cannot makes `apply` and the start of services refuse. */
export const isApplicable = (difference: TopicDifference): boolean =>
  difference.kind === 'missing' || difference.kind === 'config';

/** One line for an operator. */
export const describeDifference = (difference: TopicDifference): string =>
  difference.kind === 'missing'
    ? `topic ${difference.topic} is missing`
    : `topic ${difference.topic} has ${difference.setting} ${difference.found}, not ${difference.wanted}`;

const sorted = (list: string): string => list.split(',').toSorted().join(',');

/** The differences between a definition and what is there; `found` of undefined is a topic that is missing. Pure. */
export const compareTopic = (
  topic: string,
  definition: TopicDefinition,
  found: { readonly partitions: number; readonly config: Readonly<Record<string, string>> } | undefined,
): readonly TopicDifference[] => {
  if (found === undefined) return [{ topic, kind: 'missing', definition }];
  const differences: TopicDifference[] = [];
  if (found.partitions !== definition.partitions) {
    const [wanted, there] = [String(definition.partitions), String(found.partitions)];
    differences.push({ topic, kind: 'partitions', setting: 'partitions', wanted, found: there });
  }
  for (const [setting, wanted] of Object.entries(topicConfig(definition))) {
    const there = found.config[setting] ?? 'none';
    if (sorted(there) === sorted(wanted)) continue;
    const kind = setting === 'cleanup.policy' ? 'cleanup' : 'config';
    differences.push({ topic, kind, setting, wanted, found: there });
  }
  return differences;
};

const withAdmin = async <T>(
  connection: KafkaConnectionOptions,
  logger: Logger,
  doing: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> => {
  const client = createKafkaClient(connection, logger);
  const admin = client.kafka.admin();
  const all = async (): Promise<T> => {
    await admin.connect();
    return work(admin);
  };
  try {
    return await reported(doing, () => within(4 * client.timing.requestMs, doing, all()));
  } finally {
    await client.end(() => admin.disconnect());
  }
};

const partitionsOf = async (admin: Admin, topic: string): Promise<number | undefined> => {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length;
  } catch (error) {
    if (isUnknownTopic(error)) return undefined;
    throw error;
  }
};

const planWith = async (
  admin: Admin,
  wanted: readonly TopicDefinition[],
  { prefix = '' }: TopicOptions,
): Promise<readonly TopicDifference[]> => {
  const definitions = [...wanted, deadLettersTopic];
  const there = new Set(await admin.listTopics());
  const named = definitions.map((definition) => ({ topic: `${prefix}${definition.name}`, definition }));
  const known = named.filter(({ topic }) => there.has(topic));
  const configs = new Map<string, Readonly<Record<string, string>>>();
  if (known.length > 0) {
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    const resources = known.map(({ topic, definition }) => ({
      type,
      name: topic,
      configNames: Object.keys(topicConfig(definition)),
    }));
    const answer = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const { resourceName, configEntries } of answer.resources) {
      configs.set(
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      );
    }
  }
  const compared = await Promise.all(
    named.map(async ({ topic, definition }) => {
      const config = configs.get(topic);
      const partitions = config === undefined ? undefined : await partitionsOf(admin, topic);
      const found = config === undefined || partitions === undefined ? undefined : { partitions, config };
      return compareTopic(topic, definition, found);
    }),
  );
  return compared.flat();
};

/** What would have to change so that the topics on the broker, and the one of dead letters, are as defined; changes nothing. */
export const planTopics = (
  connection: KafkaConnectionOptions,
  definitions: readonly TopicDefinition[],
  options: TopicOptions,
  logger: Logger,
): Promise<readonly TopicDifference[]> =>
  withAdmin(connection, logger, 'reading topics', (admin) => planWith(admin, definitions, options));

const refuse = (differences: readonly TopicDifference[]): void => {
  if (differences.length === 0) return;
  throw new EventLogError('topic_mismatch', differences.map(describeDifference).join('; '));
};

const make = async (
  admin: Admin,
  differences: readonly TopicDifference[],
  replicationFactor: number,
): Promise<void> => {
  for (const difference of differences) {
    if (difference.kind !== 'missing') continue;
    const { topic, definition } = difference;
    const configEntries = Object.entries(topicConfig(definition)).map(([name, value]) => ({ name, value }));
    const wanted = { topic, numPartitions: definition.partitions, replicationFactor, configEntries };
    try {
      await admin.createTopics({ topics: [wanted], waitForLeaders: false });
    } catch (error) {
      // Somebody else makes the same topics at the same time.
      if (!isTopicThere(error)) throw error;
    }
  }
};

/** A topic that was just made is not known to every broker at once, nor has it leaders (kafkajs's own wait gives up on that). */
const waitUntilThere = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  for (let left = topics; left.length > 0; await delay(settleMs)) {
    try {
      const found = await Promise.all(left.map((topic) => partitionsOf(admin, topic)));
      left = left.filter((_topic, at) => found[at] === undefined);
    } catch (error) {
      if (!isLeaderless(error)) throw error;
    }
  }
};

/** kafkajs knows only AlterConfigs, which puts back what is not named: everything that was set on the topic is named again. */
const configure = async (admin: Admin, differences: readonly TopicDifference[]): Promise<void> => {
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const names = [...new Set(differences.filter(({ kind }) => kind === 'config').map(({ topic }) => topic))];
  for (const name of names) {
    const { resources } = await admin.describeConfigs({ resources: [{ type, name }], includeSynonyms: false });
    const set = new Map<string, string>();
    for (const { configName, configValue, isDefault, ...rest } of resources[0]?.configEntries ?? []) {
      const source: unknown = 'configSource' in rest ? rest.configSource : undefined;
      if (!isDefault || source === topicConfigSource) set.set(configName, configValue);
    }
    for (const difference of differences) {
      if (difference.kind === 'config' && difference.topic === name) set.set(difference.setting, difference.wanted);
    }
    const configEntries = [...set].map(([setting, value]) => ({ name: setting, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
  }
};

/** DYNAMIC_TOPIC_CONFIG in the Kafka protocol: set on the topic itself. */
const topicConfigSource = 1;

/**
 * Makes missing topics and sets what may be set; returns what it changed. Idempotent, and harmless when several run at once.
 * @throws EventLogError `topic_mismatch` naming cleanup policies or partition counts that differ, before anything is changed
 */
export const applyTopics = (
  connection: KafkaConnectionOptions,
  definitions: readonly TopicDefinition[],
  options: TopicOptions,
  logger: Logger,
): Promise<readonly TopicDifference[]> =>
  withAdmin(connection, logger, 'making topics', async (admin) => {
    const differences = await planWith(admin, definitions, options);
    refuse(differences.filter((difference) => !isApplicable(difference)));
    await make(admin, differences, options.replicationFactor ?? 1);
    const made = differences.flatMap((difference) => (difference.kind === 'missing' ? difference.topic : []));
    await waitUntilThere(admin, made);
    await configure(admin, differences);
    return differences;
  });

/** @throws EventLogError `topic_mismatch` naming each topic that is missing or differs; `log_unavailable` */
export const checkTopics = async (
  connection: KafkaConnectionOptions,
  definitions: readonly TopicDefinition[],
  options: TopicOptions,
  logger: Logger,
): Promise<void> => refuse(await planTopics(connection, definitions, options, logger));
