import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { Logger } from '../logger.ts';
import type { KafkaMetrics } from './kafka-metrics.ts';

/** Gives a bearer token (RFC 7628) whenever a connection needs one. */
export type TokenProvider = () => Promise<string>;

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: TokenProvider };

/** TLS towards the brokers; PEM texts. An empty object trusts the system's authorities. */
export interface KafkaTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name that the broker's certificate must carry, when it is not the host's. */
  readonly serverName?: string | undefined;
}

/** In milliseconds. */
export interface KafkaTiming {
  readonly connectMs: number;
  /** One request to a broker. */
  readonly requestMs: number;
  /** One append, or the opening of a writer. */
  readonly appendMs: number;
  /** A transaction that is open for longer is given up by the broker, and readers go on past it. */
  readonly transactionMs: number;
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  readonly rebalanceMs: number;
  /** How long a broker waits for new records before it answers a fetch. */
  readonly pollMs: number;
  /** A batch that takes longer has its partition paused, so that the others go on. */
  readonly slowBatchMs: number;
  /** How often topics are looked at that might have been made anew. */
  readonly recheckMs: number;
  /** After this, partitions are spread anew that stayed where work was in hand. */
  readonly spreadMs: number;
  /**
   * A consumer without any sign of life for so long is replaced. Well above `sessionMs` and `rebalanceMs`: a new member joins
   * only when the broker has given up the one that vanished.
   */
  readonly stuckMs: number;
}

export const usualTiming: KafkaTiming = {
  connectMs: 3_000,
  requestMs: 8_000,
  appendMs: 10_000,
  transactionMs: 15_000,
  sessionMs: 10_000,
  heartbeatMs: 2_000,
  rebalanceMs: 10_000,
  pollMs: 200,
  slowBatchMs: 500,
  recheckMs: 5_000,
  spreadMs: 5_000,
  stuckMs: 30_000,
};

export interface KafkaConnectionOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** Names this process in the brokers' logs and quotas. */
  readonly clientId: string;
  readonly tls?: KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
  readonly timing?: Partial<KafkaTiming> | undefined;
}

export interface KafkaEventLogOptions extends KafkaConnectionOptions {
  /** Stands before every topic, consumer group and transactional id on the broker, and nowhere else. */
  readonly prefix?: string | undefined;
  /** Copies of each partition of topics that are made. */
  readonly replicationFactor?: number | undefined;
  /** Whether `ensureTopics` makes what is missing. Absent: it only looks, and refuses. */
  readonly createTopics?: boolean | undefined;
  readonly logger: Logger;
  readonly metrics?: KafkaMetrics | undefined;
}

const saslOptions = (sasl: KafkaSasl): SASLOptions => {
  if (sasl.mechanism !== 'oauthbearer') {
    const { mechanism, username, password } = sasl;
    return { mechanism, username, password };
  }
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await sasl.token() }) };
};

const tlsOptions = ({ ca, cert, key, serverName }: KafkaTls): ConnectionOptions => ({
  ...(ca === undefined ? {} : { ca: [ca] }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
  ...(serverName === undefined ? {} : { servername: serverName }),
});

/** The settings as kafkajs wants them; nothing is read or connected here. */
export const kafkaClientConfig = (options: KafkaConnectionOptions): KafkaConfig => {
  const { connectMs, requestMs } = { ...usualTiming, ...options.timing };
  return {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: connectMs,
    authenticationTimeout: requestMs,
    requestTimeout: requestMs,
    enforceRequestTimeout: true,
    // Named one by one: kafkajs has other defaults when NODE_ENV is "test".
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 3 },
    ...(options.tls === undefined ? {} : { ssl: tlsOptions(options.tls) }),
    ...(options.sasl === undefined ? {} : { sasl: saslOptions(options.sasl) }),
  };
};
