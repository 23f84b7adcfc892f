import { setTimeout as delay } from 'node:timers/promises';
import { createIds, systemClock } from '@gatehouse/contracts';
import { mustSkipServerTests, type OwnRedis, startOwnRedis } from '@gatehouse/test-servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { loginStateConformance, type MakeLoginState } from '../../src/conformance/index.ts';
import { redisLoginState } from '../../src/redis/index.ts';
import { silentLogger } from './support/silent-logger.ts';

describe.skipIf(await mustSkipServerTests('redis', 'own'))('a real Redis', () => {
  const ids = createIds();
  let server: OwnRedis;
  let operator: Redis;
  beforeAll(async () => {
    server = await startOwnRedis();
    operator = new Redis(server.url);
  });
  afterAll(async () => {
    operator.disconnect();
    await server.stop();
  });

  /** Writes stay without an answer: what was sent meanwhile may be done or not. */
  const interrupt = async (): Promise<() => Promise<void>> => {
    await operator.client('PAUSE', 60_000, 'WRITE');
    return async () => {
      await operator.client('UNPAUSE');
    };
  };

  const fixture = (time: 'server' | 'clock'): MakeLoginState => {
    return async ({ factsLimit }) => {
      const prefix = `test-${ids.hex(6)}:`;
      let ahead = 0;
      const clock = { now: () => systemClock.now() + ahead };
      return {
        clock,
        async open() {
          const state = redisLoginState({ url: server.url, prefix, clock, factsLimit, logger: silentLogger });
          await state.check();
          return state;
        },
        async advance(ms) {
          if (time === 'clock') ahead += ms;
          else await delay(ms);
        },
        interrupt,
        async close() {
          const keys = await operator.keys(`${prefix}*`);
          if (keys.length > 0) await operator.del(...keys);
        },
      };
    };
  };

  describe('conformance: login state × Redis', () => {
    loginStateConformance('Redis', fixture('server'));
  });
  // The gateways' time decides, not the server's: what is over for them is over, though Redis still keeps it.
  describe('conformance: login state × Redis', () => {
    loginStateConformance('Redis while the clock of the server lags behind', fixture('clock'));
  });
});
