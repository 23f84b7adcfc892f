import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Environment,
  gatewayServiceSettings,
  kafkaConnection,
  kafkaSettings,
  loadSettings,
  ownerSettings,
  redisConnection,
  redisSettings,
  SettingsError,
  settingsTable,
} from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'connections-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
afterAll(() => rmSync(folder, { recursive: true }));

const brokers = { GATEHOUSE_KAFKA_BROKERS: 'kafka:9092' };
const kafka = (env: Environment) => kafkaConnection(loadSettings(kafkaSettings, { ...brokers, ...env }, settingsTable));
const redis = (env: Environment) => redisConnection(loadSettings(redisSettings, env, settingsTable));
const faultsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
};

describe('the settings of a service of its own', () => {
  it('name everything that it cannot do without, all at once', () => {
    const names = (table: typeof ownerSettings | typeof gatewayServiceSettings) =>
      faultsOf(() => loadSettings(table, {}, settingsTable)).map((fault) => fault.split(' ')[0]);
    expect(names(ownerSettings).toSorted()).toEqual(['GATEHOUSE_KAFKA_BROKERS', 'GATEHOUSE_MONGODB_URI']);
    expect(names(gatewayServiceSettings).toSorted()).toEqual([
      'GATEHOUSE_DIRECTORY_URL',
      'GATEHOUSE_KAFKA_BROKERS',
      'GATEHOUSE_MASTER_KEYS',
      'GATEHOUSE_MONGODB_URI',
      'GATEHOUSE_REDIS_URL',
      'GATEHOUSE_REGISTRY_URL',
    ]);
  });

  it('pass over what other services need, and refuse what nobody knows', () => {
    const env = { ...brokers, GATEHOUSE_MONGODB_URI: 'mongodb://m/g', GATEHOUSE_REDIS_URL: 'redis://r' };
    expect(loadSettings(ownerSettings, env, settingsTable)).not.toHaveProperty('redisUrl');
    expect(faultsOf(() => loadSettings(ownerSettings, { ...env, GATEHOUSE_KAFKA_BROKER: 'x' }, settingsTable))).toEqual(
      ['GATEHOUSE_KAFKA_BROKER is not a setting: did you mean GATEHOUSE_KAFKA_BROKERS?'],
    );
  });
});

describe('kafkaConnection', () => {
  it('is plain unless told otherwise', () => {
    expect(kafka({})).toEqual({
      brokers: ['kafka:9092'],
      prefix: undefined,
      replicationFactor: 3,
      tls: undefined,
      signIn: undefined,
    });
  });

  it('takes TLS with certificates of its own, a name and a password', () => {
    const { tls, signIn } = kafka({
      GATEHOUSE_KAFKA_TLS: 'on',
      GATEHOUSE_KAFKA_CA_FILE: caFile,
      GATEHOUSE_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      GATEHOUSE_KAFKA_SASL_USERNAME: 'gatehouse',
      GATEHOUSE_KAFKA_SASL_PASSWORD: 'hunter2',
    });
    expect(tls?.ca).toContain('BEGIN CERTIFICATE');
    expect(signIn).toEqual({ mechanism: 'scram-sha-512', username: 'gatehouse', password: 'hunter2' });
  });

  it('takes tokens from an address or from a file', () => {
    const oauth = { GATEHOUSE_KAFKA_SASL_MECHANISM: 'oauthbearer' };
    expect(kafka({ ...oauth, GATEHOUSE_KAFKA_SASL_TOKEN_FILE: '/token' }).signIn).toEqual({
      mechanism: 'oauthbearer',
      source: { tokenFile: '/token' },
    });
    const client = {
      GATEHOUSE_KAFKA_SASL_TOKEN_URL: 'https://idp.example/token',
      GATEHOUSE_KAFKA_SASL_CLIENT_ID: 'id',
      GATEHOUSE_KAFKA_SASL_CLIENT_SECRET: 'hunter2',
    };
    expect(kafka({ ...oauth, ...client }).signIn).toMatchObject({ source: { clientId: 'id', scope: undefined } });
    expect(faultsOf(() => kafka(oauth))).toHaveLength(3);
  });

  it.each([
    ['a mechanism without a password', { GATEHOUSE_KAFKA_SASL_MECHANISM: 'plain', GATEHOUSE_KAFKA_SASL_USERNAME: 'a' }],
    ['certificates without TLS', { GATEHOUSE_KAFKA_CA_FILE: caFile }],
    ['a file that is not there', { GATEHOUSE_KAFKA_TLS: 'on', GATEHOUSE_KAFKA_CA_FILE: join(folder, 'none') }],
    ['a file that holds no certificate', { GATEHOUSE_KAFKA_TLS: 'on', GATEHOUSE_KAFKA_CA_FILE: import.meta.dirname }],
  ])('refuses %s in one line', (_what, env) => {
    const faults = faultsOf(() => kafka(env));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^GATEHOUSE_KAFKA_/);
  });
});

describe('redisConnection', () => {
  it('names Sentinels by host and port, IPv6 too', () => {
    const { url, sentinels, replicas, prefix } = redis({
      GATEHOUSE_REDIS_URL: 'redis://user:hunter2@the-master',
      GATEHOUSE_REDIS_SENTINELS: 's0:26379,[::1]:26380',
      GATEHOUSE_REDIS_REPLICAS: '2',
    });
    expect(url).toBe('redis://user:hunter2@the-master');
    expect(sentinels).toEqual([
      { host: 's0', port: 26379 },
      { host: '::1', port: 26380 },
    ]);
    expect([replicas, prefix]).toEqual([2, 'gatehouse:']);
  });
});
