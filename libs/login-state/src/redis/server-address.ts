/** Where one Redis is, and who we are there. */
export interface RedisAddress {
  /** With Sentinel: the name of the master. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database: number;
}

const form = 'redis[s]://[user[:password]@]host[:port][/database]';

/** Runs `read`; what it refuses is told without the address, which may hold a password. */
const discreetly = <Part>(read: () => Part): Part => {
  try {
    return read();
  } catch {
    throw new TypeError(`not the address of a Redis: ${form}, one host (Redis Cluster is not supported)`);
  }
};

/**
 * Reads `redis://user:password@host:6379/0`; `rediss://` is TLS. User and password are percent-encoded.
 * @throws TypeError with a text that can be shown: no part of the address is in it
 */
export const parseRedisUrl = (url: string): RedisAddress => {
  const { protocol, hostname, port, username, password, pathname } = discreetly(() => new URL(url));
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw new TypeError(`a Redis address is ${form}`);
  if (hostname === '') throw new TypeError(`a Redis address names a host: ${form}`);
  if (hostname.includes(',')) throw new TypeError('a Redis address names one host: Redis Cluster is not supported');
  const database = pathname.replace(/^\//, '');
  if (!/^\d{0,4}$/.test(database)) throw new TypeError(`the database of a Redis address is a number: ${form}`);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 6379 : Number(port),
    tls: protocol === 'rediss:',
    ...(username === '' ? {} : { username: discreetly(() => decodeURIComponent(username)) }),
    ...(password === '' ? {} : { password: discreetly(() => decodeURIComponent(password)) }),
    database: Number(database),
  };
};
