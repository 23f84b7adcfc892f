import { describe, expect, it } from 'vitest';
import { redisOptions } from '../../src/redis/redis-options.ts';

describe('the options of the client', () => {
  it('send nothing twice and let nothing wait for a connection', () => {
    expect(redisOptions({ url: 'redis://cache' })).toMatchObject({
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 500,
      connectTimeout: 1_000,
    });
  });

  it('try again for ever, soon at first and never after more than half a second', () => {
    const { retryStrategy } = redisOptions({ url: 'redis://cache' });
    expect([1, 2, 10, 10_000].map((attempt) => retryStrategy?.(attempt))).toEqual([50, 100, 500, 500]);
  });

  it('ask the Sentinels for the master that the address names, and carry TLS and passwords to both', () => {
    const options = redisOptions({
      url: 'rediss://user:pw@mymaster/2',
      sentinels: [{ host: 'one', port: 26379 }],
      sentinelPassword: 'sentinel pw',
      tls: { ca: 'PEM', key: undefined },
    });
    expect(options).toMatchObject({
      sentinels: [{ host: 'one', port: 26379 }],
      name: 'mymaster',
      role: 'master',
      failoverDetector: true,
      username: 'user',
      password: 'pw',
      db: 2,
      sentinelPassword: 'sentinel pw',
      tls: { ca: 'PEM' },
      sentinelTLS: { ca: 'PEM' },
      enableTLSForSentinelMode: true,
    });
    expect(options).not.toHaveProperty('host');
  });

  it('leave TLS out of a plain address', () => {
    expect(redisOptions({ url: 'redis://cache', tls: { ca: 'PEM' } })).not.toHaveProperty('tls');
  });
});
