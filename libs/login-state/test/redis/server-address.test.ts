import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/redis/index.ts';

describe('the address of a Redis', () => {
  it('has its parts, decoded, and the usual ones where it names none', () => {
    expect(parseRedisUrl('redis://cache')).toEqual({ host: 'cache', port: 6379, tls: false, database: 0 });
    expect(parseRedisUrl('rediss://gate%40house:p%2Fw@[::1]:6380/3')).toEqual({
      host: '::1',
      port: 6380,
      tls: true,
      username: 'gate@house',
      password: 'p/w',
      database: 3,
    });
    expect(parseRedisUrl('redis://:pw@mymaster/')).toMatchObject({ host: 'mymaster', password: 'pw', database: 0 });
  });

  it.each([
    ['nothing', ''],
    ['another protocol', 'http://cache'],
    ['no host', 'redis://'],
    ['several hosts', 'redis://:hidden@one:6379,two:6379'],
    ['several hosts without ports', 'redis://:hidden@one,two'],
    ['a database that is no number', 'redis://:hidden@cache/first'],
    ['a port that is no number', 'redis://:hidden@cache:port'],
    ['a broken escape in the password', 'redis://:hidden%zz@cache'],
  ])('is refused when it is %s, without being repeated', (_, url) => {
    expect(() => parseRedisUrl(url)).toThrow(TypeError);
    expect(() => parseRedisUrl(url)).not.toThrow(/hidden/);
  });
});
