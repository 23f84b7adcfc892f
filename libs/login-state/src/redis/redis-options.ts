import type { RedisOptions } from 'ioredis';
import { parseRedisUrl } from './server-address.ts';

export interface SentinelAddress {
  readonly host: string;
  readonly port: number;
}

/** How to reach Redis. */
export interface RedisServer {
  /** `redis[s]://[user[:password]@]host[:port][/database]`; with `sentinels`, the host is the name of their master. */
  readonly url: string;
  readonly sentinels?: readonly SentinelAddress[] | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** Certificates that a `rediss:` server (and its Sentinels) may show, PEM; those of the system unless told. Our own for mutual TLS. */
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
        /** Name that the certificate must bear, when it is not that of the address. */
        readonly servername?: string | undefined;
      }
    | undefined;
}

/** Of ioredis, without the one that its constructor types more narrowly. */
type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/** In milliseconds. Together well under the second within which a caller shall learn that the state does not serve. */
export const waits = { command: 500, connect: 1_000, longestPause: 500 } as const;

/** Equal steps up to `longestPause`, for ever. */
const pauseBefore = (attempt: number): number => Math.min(50 * attempt, waits.longestPause);

/**
 * Options of ioredis for single-use state. Nothing is ever sent twice: no offline queue, no resending, no retry, because a command
 * that was lost with its connection may have run. A server that is silent while commands wait loses its connection, so that a
 * paused one that wakes up finds nobody to answer.
 * @throws TypeError from `parseRedisUrl`
 */
export const redisOptions = (server: RedisServer): ConnectionOptions => {
  const { host, port, tls, username, password, database } = parseRedisUrl(server.url);
  const given = Object.entries(server.tls ?? {}).filter(([, value]) => value !== undefined);
  const secure = tls ? Object.fromEntries(given) : undefined;
  const common: ConnectionOptions = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    db: database,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: waits.command,
    socketTimeout: waits.command + 50,
    connectTimeout: waits.connect,
    disconnectTimeout: 100,
    maxLoadingRetryTime: waits.longestPause,
    retryStrategy: pauseBefore,
    connectionName: 'gatehouse-login-state',
    ...(secure === undefined ? {} : { tls: secure }),
  };
  const { sentinels = [], sentinelUsername, sentinelPassword } = server;
  if (sentinels.length === 0) return { ...common, host, port };
  return {
    ...common,
    sentinels: sentinels.map((sentinel) => ({ ...sentinel })),
    name: host,
    role: 'master',
    failoverDetector: true,
    sentinelCommandTimeout: waits.command,
    sentinelRetryStrategy: pauseBefore,
    sentinelReconnectStrategy: pauseBefore,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(secure === undefined ? {} : { sentinelTLS: secure, enableTLSForSentinelMode: true }),
  };
};
