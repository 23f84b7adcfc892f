import { settingsTable } from './settings.ts';
import type { RequiredSetting, Setting, SettingsOf } from './settings-reader.ts';

type Table = typeof settingsTable;

const pick = <const Keys extends readonly (keyof Table)[]>(...keys: Keys): Pick<Table, Keys[number]> =>
  Object.fromEntries(keys.map((key) => [key, settingsTable[key]])) as unknown as Pick<Table, Keys[number]>;

const required = <Value>(setting: Setting<Value>): RequiredSetting<Value> => ({
  ...setting,
  fallback: undefined,
  required: true,
});

/** How the log is reached: what commands on it read. */
export const kafkaSettings = {
  ...pick('kafkaTls', 'kafkaCaFile', 'kafkaSaslMechanism', 'kafkaSaslUsername', 'kafkaSaslPassword'),
  ...pick('kafkaSaslTokenUrl', 'kafkaSaslClientId', 'kafkaSaslClientSecret', 'kafkaSaslScope', 'kafkaSaslTokenFile'),
  ...pick('kafkaPrefix', 'kafkaReplication', 'logLevel'),
  kafkaBrokers: required(settingsTable.kafkaBrokers),
} as const;
export type KafkaSettings = SettingsOf<typeof kafkaSettings>;

/** How the stores are reached: what commands on them read. */
export const mongoSettings = { ...pick('logLevel'), mongodbUri: required(settingsTable.mongodbUri) } as const;
export type MongoSettings = SettingsOf<typeof mongoSettings>;

/** How login state is reached: what commands on it read. */
export const redisSettings = {
  ...pick('redisSentinels', 'redisSentinelPassword', 'redisCaFile', 'redisReplicas', 'redisPrefix', 'logLevel'),
  redisUrl: required(settingsTable.redisUrl),
} as const;
export type RedisSettings = SettingsOf<typeof redisSettings>;

const everyService = {
  ...pick('baseUrl', 'port', 'host', 'trustProxy', 'instance'),
  ...kafkaSettings,
  ...mongoSettings,
} as const;

/** What the services behind the gateway read, each running on its own. */
export const ownerSettings = { ...everyService, ...pick('jwksUrl') } as const;

/** What a gateway of its own reads. */
export const gatewayServiceSettings = {
  ...everyService,
  ...redisSettings,
  ...pick('internalPort', 'dataDir', 'appName', 'adminKey', 'allowedReturnOrigins', 'tokenAudiences', 'rateLimit'),
  ...pick('maxStalenessMs', 'auditDays'),
  masterKeys: required(settingsTable.masterKeys),
  registryUrl: required(settingsTable.registryUrl),
  directoryUrl: required(settingsTable.directoryUrl),
} as const;
