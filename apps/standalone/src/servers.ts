import { hostname } from 'node:os';
import { type MongoStoreHost, mongoStoreHost, mongoUriFault } from '@gatehouse/aggregate-store/mongo';
import { systemClock, topics } from '@gatehouse/contracts';
import {
  applyTopics,
  describeDifference,
  isApplicable,
  type KafkaEventLogOptions,
  kafkaSasl,
  planTopics,
} from '@gatehouse/event-log/kafka';
import {
  createLogger,
  kafkaConnection,
  kafkaSettings,
  loadSettings,
  mongoSettings,
  StartError,
  settingsTable,
} from '@gatehouse/service-kit';

/** The services that keep aggregates and views, as their collections begin. */
export const storeNames = ['connector-registry', 'user-directory', 'auth-gateway'] as const;
export type StoreName = (typeof storeNames)[number];

/** How commands reach Kafka. @throws SettingsError */
export const kafkaOptions = (env = process.env): KafkaEventLogOptions => {
  const settings = loadSettings(kafkaSettings, env, settingsTable);
  const connection = kafkaConnection(settings);
  return {
    ...connection,
    clientId: `gatehouse-command-${hostname()}`,
    sasl: kafkaSasl(connection.signIn, systemClock),
    logger: createLogger({ level: 'silent' }),
  };
};

/** The stores of one service, as commands reach them. @throws SettingsError */
export const mongoStores = (name: StoreName, env = process.env): MongoStoreHost => {
  const { mongodbUri } = loadSettings(mongoSettings, env, settingsTable);
  const fault = mongoUriFault(mongodbUri);
  if (fault !== undefined) throw new StartError(`GATEHOUSE_MONGODB_URI ${fault}`);
  return mongoStoreHost({ uri: mongodbUri, name, clock: systemClock });
};

/** Makes and changes topics; a line for each that was not as defined. @throws EventLogError */
export const applyAllTopics = async (options: KafkaEventLogOptions): Promise<readonly string[]> =>
  (await applyTopics(options, topics, options, options.logger)).map(describeDifference);

/** A line for each topic that is not as defined, and whether `apply` would mend it. @throws EventLogError */
export const compareAllTopics = async (options: KafkaEventLogOptions): Promise<readonly string[]> =>
  (await planTopics(options, topics, options, options.logger)).map(
    (difference) => `${describeDifference(difference)}${isApplicable(difference) ? '' : ' (apply cannot change this)'}`,
  );
