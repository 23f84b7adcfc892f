import { describe, expect, it } from 'vitest';
import { readServerInfo } from '../../src/redis/server-checks.ts';

const info = (changes: Readonly<Record<string, string>> = {}): string => {
  const fields = {
    redis_version: '7.0.15',
    redis_mode: 'standalone',
    maxmemory_policy: 'noeviction',
    aof_enabled: '1',
    cluster_enabled: '0',
    ...changes,
  };
  return `# Server\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}:${value}`)
    .join('\r\n')}\r\n`;
};

describe('what a server says of itself', () => {
  it('is fine from Redis 7 on, single, without eviction and with an append-only file', () => {
    for (const version of ['7.0.0', '7.4.2', '8.0.1', '10.2.0']) {
      expect(readServerInfo(info({ redis_version: version }))).toEqual({ refusal: undefined, warnings: [] });
    }
  });

  it.each([
    [{ redis_version: '6.2.14' }, /6\.2\.14 is too old, 7\.0 or newer/],
    [{ redis_mode: 'cluster' }, /Cluster/],
    [{ cluster_enabled: '1' }, /Cluster/],
    [{ maxmemory_policy: 'allkeys-lru' }, /maxmemory-policy is allkeys-lru/],
  ])('is a reason to refuse it: %o', (changes, reason) => {
    expect(readServerInfo(info(changes)).refusal).toMatch(reason);
  });

  it('is worth a warning when a crash makes it forget', () => {
    expect(readServerInfo(info({ aof_enabled: '0' }))).toEqual({
      refusal: undefined,
      warnings: [expect.stringContaining('append-only')],
    });
  });
});
