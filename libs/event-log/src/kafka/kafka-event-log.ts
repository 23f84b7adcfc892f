import type { TopicDefinition } from '@gatehouse/contracts';
import { type EventLog, EventLogError, type EventWriter, type SubscribeOptions } from '../event-log.ts';
import { createKafkaCluster } from './cluster.ts';
import { createKafkaDeadLetters, type KafkaDeadLetters } from './kafka-dead-letters.ts';
import { noKafkaMetrics } from './kafka-metrics.ts';
import type { KafkaEventLogOptions } from './kafka-options.ts';
import { createKafkaSubscription, type KafkaSubscription } from './kafka-subscription.ts';
import { openKafkaWriter } from './kafka-writer.ts';
import { applyTopics, checkTopics } from './topics.ts';

export interface KafkaEventLog extends EventLog {
  /** Shared by all processes of the cluster; on a topic of their own. */
  readonly deadLetters: KafkaDeadLetters;
}

/**
 * The event log on Apache Kafka. Nothing is connected before the first call that needs it, and a broker that is away is
 * `log_unavailable` to that call alone. `ensureTopics` only looks unless `createTopics` says otherwise.
 */
export const kafkaEventLog = (options: KafkaEventLogOptions): KafkaEventLog => {
  const { prefix = '', logger, metrics = noKafkaMetrics } = options;
  const cluster = createKafkaCluster(options, logger);
  const open = new Set<{ close(): Promise<void> }>();
  const seen = new Set<string>();
  /** The latest subscription of each group. */
  const reading = new Map<string, KafkaSubscription>();
  let closed = false;

  const mustBeOpen = (): void => {
    if (closed) throw new EventLogError('closed', 'the event log is closed');
  };

  /** Adds what closes itself to what `close` closes. */
  const kept = <T extends { close(): Promise<void> }>(value: T): T => {
    const closing = value.close.bind(value);
    open.add(value);
    value.close = async () => {
      open.delete(value);
      await closing();
    };
    return value;
  };

  const partitionsOf = async (topics: readonly string[]): Promise<number> => {
    const { topics: found } = await cluster.describe(topics.map((topic) => `${prefix}${topic}`));
    const there = new Set(found.map(({ name }) => name));
    for (const topic of topics) {
      if (!there.has(`${prefix}${topic}`))
        throw new EventLogError('topic_mismatch', `there is no topic ${prefix}${topic}`);
      seen.add(topic);
    }
    return found.reduce((sum, { partitions }) => sum + partitions.length, 0);
  };

  const subscribe = async (
    wanted: SubscribeOptions,
    beforeReading: (() => Promise<void>) | undefined,
  ): Promise<KafkaSubscription> => {
    mustBeOpen();
    const partitions = await partitionsOf(wanted.topics);
    mustBeOpen();
    const subscription = kept(
      createKafkaSubscription(wanted, {
        connection: options,
        prefix,
        cluster,
        logger,
        metrics,
        partitions,
        beforeReading,
      }),
    );
    reading.set(wanted.group, subscription);
    return subscription;
  };

  const deadLetters = createKafkaDeadLetters({
    connection: options,
    prefix,
    logger,
    subscribe: (wanted) => subscribe(wanted, undefined),
    reads: (consumer, topic, partition) => reading.get(consumer)?.reads(topic, partition) ?? false,
  });

  return {
    deadLetters: deadLetters.port,
    async ensureTopics(definitions: readonly TopicDefinition[]) {
      mustBeOpen();
      if (options.createTopics) await applyTopics(options, definitions, options, logger);
      else await checkTopics(options, definitions, options, logger);
      for (const { name } of definitions) seen.add(name);
    },
    async openWriter(name): Promise<EventWriter> {
      mustBeOpen();
      const writer = await openKafkaWriter(name, {
        connection: options,
        prefix,
        logger,
        async mustBeThere(topics) {
          const unseen = topics.filter((topic) => !seen.has(topic));
          if (unseen.length > 0) await partitionsOf(unseen);
        },
      });
      return kept(writer);
    },
    async subscribe(wanted) {
      // In time for the first assignment; whoever needs them asks again, and is told what is wrong.
      deadLetters.refresh().catch(() => undefined);
      return subscribe(wanted, deadLetters.refresh);
    },
    async identity(topics) {
      mustBeOpen();
      const { clusterId, topics: found } = await cluster.describe(topics.map((topic) => `${prefix}${topic}`));
      return {
        logId: clusterId,
        topicIds: Object.fromEntries(found.map(({ name, id }) => [name.slice(prefix.length), id])),
      };
    },
    async maintain() {},
    async close() {
      closed = true;
      await deadLetters.close();
      await Promise.all([...open].map((each) => each.close()));
      await cluster.close();
    },
  };
};
