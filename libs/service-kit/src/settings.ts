import { logLevels } from './logger.ts';
import {
  address,
  duration,
  hostsAndPorts,
  masterKeys,
  names,
  networks,
  oneOf,
  origin,
  origins,
  port,
  secretText,
  text,
  wholeNumber,
} from './setting-values.ts';
import type { Setting, SettingsOf, SettledSetting } from './settings-reader.ts';

const settled = <Value>(setting: SettledSetting<Value>): SettledSetting<Value> => setting;
const optional = <Value>(setting: Omit<Setting<Value>, 'fallback'>): Setting<Value> => ({
  ...setting,
  fallback: undefined,
});

/** Every setting of every service. A service reads the whole table, so that a typo stops whichever is started first. */
export const settingsTable = {
  baseUrl: settled({
    name: 'GATEHOUSE_BASE_URL',
    meaning:
      'Public address; cookies, metadata and callbacks are made from it, never from the Host header. Standalone on another port: that port on localhost.',
    example: 'https://sso.example.com',
    fallback: 'http://localhost:3000',
    parse: origin,
  }),
  port: settled({
    name: 'GATEHOUSE_PORT',
    meaning: 'Port of the public listener.',
    example: '3000',
    fallback: '3000',
    parse: port,
  }),
  host: settled({
    name: 'GATEHOUSE_HOST',
    meaning: 'Address that both listeners are bound to; 0.0.0.0 in containers.',
    example: '0.0.0.0',
    fallback: '127.0.0.1',
    parse: text(255),
  }),
  internalPort: settled({
    name: 'GATEHOUSE_INTERNAL_PORT',
    meaning: 'Port of the second listener: metrics, introspection, redeeming. Never in an Ingress.',
    example: '3001',
    fallback: '3001',
    parse: port,
  }),
  dataDir: settled({
    name: 'GATEHOUSE_DATA_DIR',
    meaning: 'Folder of the embedded data; made with mode 0700.',
    example: '/var/lib/gatehouse',
    fallback: './.gatehouse',
    parse: text(1024),
  }),
  appName: settled({
    name: 'GATEHOUSE_APP_NAME',
    meaning: 'The application that people sign in to, as pages and the console name it.',
    example: 'INO cx',
    fallback: 'INO cx',
    parse: text(80),
  }),
  masterKeys: optional({
    name: 'GATEHOUSE_MASTER_KEYS',
    meaning:
      'Keys that seal secrets, id:base64(32 bytes); the first seals, all open. Standalone makes one in the data folder.',
    example: 'k1:<base64 of 32 random bytes>',
    secret: true,
    parse: masterKeys,
  }),
  adminKey: optional({
    name: 'GATEHOUSE_ADMIN_KEY',
    meaning: 'An API key with all rights. When unset, a one-time set-up link is printed at the first start.',
    example: 'the output of: openssl rand -base64 32',
    secret: true,
    parse: secretText(32),
  }),
  kafkaBrokers: optional({
    name: 'GATEHOUSE_KAFKA_BROKERS',
    meaning: 'Kafka for the event log, instead of the embedded one.',
    example: 'kafka-0:9092,kafka-1:9092',
    parse: hostsAndPorts,
  }),
  mongodbUri: optional({
    name: 'GATEHOUSE_MONGODB_URI',
    meaning: 'MongoDB for aggregates and views, instead of the embedded store.',
    example: 'mongodb://mongo:27017/gatehouse',
    secret: true,
    parse: address('mongodb', 'mongodb+srv'),
  }),
  redisUrl: optional({
    name: 'GATEHOUSE_REDIS_URL',
    meaning: 'Redis (single or Sentinel) for login state, instead of the embedded one.',
    example: 'redis://redis:6379',
    secret: true,
    parse: address('redis', 'rediss'),
  }),
  trustProxy: optional({
    name: 'GATEHOUSE_TRUST_PROXY',
    meaning: 'Addresses or networks whose X-Forwarded-* headers count; none by default.',
    example: '10.0.0.0/8,127.0.0.1',
    parse: networks,
  }),
  allowedReturnOrigins: optional({
    name: 'GATEHOUSE_ALLOWED_RETURN_ORIGINS',
    meaning: 'Where a login may return to, beside the base URL.',
    example: 'https://app.example.com,https://crm.example.com',
    parse: origins,
  }),
  tokenAudiences: optional({
    name: 'GATEHOUSE_TOKEN_AUDIENCES',
    meaning: 'Whom session tokens may be for, beside the base URL.',
    example: 'billing,https://app.example.com',
    parse: names,
  }),
  rateLimit: settled({
    name: 'GATEHOUSE_RATE_LIMIT',
    meaning: 'Limits per address on starts, callbacks and refused callbacks; off for load and attack tests.',
    example: 'on',
    fallback: 'on',
    parse: oneOf(['on', 'off']),
  }),
  maxStalenessMs: settled({
    name: 'GATEHOUSE_MAX_STALENESS',
    meaning: 'How old a warm projection may be for a start while the event log does not answer.',
    example: '24h',
    fallback: '24h',
    parse: duration,
  }),
  auditDays: settled({
    name: 'GATEHOUSE_AUDIT_DAYS',
    meaning: 'Days that audit entries are kept.',
    example: '400',
    fallback: '400',
    parse: wholeNumber(1, 3650),
  }),
  logLevel: settled({
    name: 'GATEHOUSE_LOG_LEVEL',
    meaning: 'What is logged: trace, debug, info, warn, error, fatal, silent.',
    example: 'info',
    fallback: 'info',
    parse: oneOf(logLevels),
  }),
} as const;

export type Settings = SettingsOf<typeof settingsTable>;
