import { readFileSync } from 'node:fs';
import type { KafkaSettings, RedisSettings } from './service-settings.ts';
import { SettingsError } from './settings-reader.ts';

/** How to sign in to Kafka, as told by settings. */
export type KafkaSignIn =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** Where tokens come from: the client credentials grant, or a file that something else keeps fresh. */
      readonly source:
        | {
            readonly tokenUrl: string;
            readonly clientId: string;
            readonly clientSecret: string;
            readonly scope: string | undefined;
          }
        | { readonly tokenFile: string };
    };

/** What belongs together in the settings of Kafka, checked as a whole; nothing is connected. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly prefix: string | undefined;
  readonly replicationFactor: number;
  /** PEM text; an empty object trusts the usual authorities. */
  readonly tls: { readonly ca?: string } | undefined;
  readonly signIn: KafkaSignIn | undefined;
}

export interface RedisConnection {
  readonly url: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[] | undefined;
  readonly sentinelPassword: string | undefined;
  /** PEM text. */
  readonly ca: string | undefined;
  readonly replicas: number;
  readonly prefix: string;
}

const pemOf = (name: string, path: string): string => {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new SettingsError([`${name}: the file cannot be read (${code}), for example /etc/gatehouse/ca.pem`]);
  }
  throw new SettingsError([`${name}: the file holds no certificate (-----BEGIN CERTIFICATE-----)`]);
};

const missing = (names: readonly (readonly [string, unknown])[], why: string): SettingsError =>
  new SettingsError(names.filter(([, value]) => value === undefined).map(([name]) => `${name} is not set: ${why}`));

const signInOf = (settings: KafkaSettings): KafkaSignIn | undefined => {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = settings;
  if (mechanism === undefined) return undefined;
  const why = `GATEHOUSE_KAFKA_SASL_MECHANISM is ${mechanism}`;
  if (mechanism !== 'oauthbearer') {
    if (username !== undefined && password !== undefined) return { mechanism, username, password };
    const pair = [
      ['GATEHOUSE_KAFKA_SASL_USERNAME', username],
      ['GATEHOUSE_KAFKA_SASL_PASSWORD', password],
    ] as const;
    throw missing(pair, why);
  }
  const { kafkaSaslTokenFile: tokenFile, kafkaSaslTokenUrl: tokenUrl, kafkaSaslScope: scope } = settings;
  const { kafkaSaslClientId: clientId, kafkaSaslClientSecret: clientSecret } = settings;
  if (tokenFile !== undefined) return { mechanism, source: { tokenFile } };
  if (tokenUrl !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return { mechanism, source: { tokenUrl, clientId, clientSecret, scope } };
  }
  const triple = [
    ['GATEHOUSE_KAFKA_SASL_TOKEN_URL', tokenUrl],
    ['GATEHOUSE_KAFKA_SASL_CLIENT_ID', clientId],
    ['GATEHOUSE_KAFKA_SASL_CLIENT_SECRET', clientSecret],
  ] as const;
  throw missing(triple, `${why} without GATEHOUSE_KAFKA_SASL_TOKEN_FILE`);
};

/** @throws SettingsError where settings do not go together, or the file of certificates cannot be used */
export const kafkaConnection = (settings: KafkaSettings): KafkaConnection => {
  const { kafkaBrokers, kafkaPrefix, kafkaReplication, kafkaTls, kafkaCaFile } = settings;
  const ca = kafkaCaFile === undefined ? {} : { ca: pemOf('GATEHOUSE_KAFKA_CA_FILE', kafkaCaFile) };
  if (kafkaTls === 'off' && kafkaCaFile !== undefined) {
    throw new SettingsError(['GATEHOUSE_KAFKA_CA_FILE is set, but GATEHOUSE_KAFKA_TLS is off, for example on']);
  }
  return {
    brokers: kafkaBrokers,
    prefix: kafkaPrefix,
    replicationFactor: kafkaReplication,
    tls: kafkaTls === 'on' ? ca : undefined,
    signIn: signInOf(settings),
  };
};

const hostAndPort = (text: string): { readonly host: string; readonly port: number } => {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replaceAll(/[[\]]/g, ''), port: Number(text.slice(at + 1)) };
};

/** @throws SettingsError where the file of certificates cannot be used */
export const redisConnection = (settings: RedisSettings): RedisConnection => {
  const { redisUrl, redisSentinels, redisSentinelPassword, redisCaFile, redisReplicas, redisPrefix } = settings;
  return {
    url: redisUrl,
    sentinels: redisSentinels?.map(hostAndPort),
    sentinelPassword: redisSentinelPassword,
    ca: redisCaFile === undefined ? undefined : pemOf('GATEHOUSE_REDIS_CA_FILE', redisCaFile),
    replicas: redisReplicas,
    prefix: redisPrefix,
  };
};
