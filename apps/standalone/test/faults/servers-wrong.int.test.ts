import { join } from 'node:path';
import {
  mustSkipServerTests,
  type RunningDistributed,
  type RunningService,
  startDistributed,
} from '@gatehouse/test-servers';
import { afterEach, describe, expect, it } from 'vitest';
import { runToEnd } from '../support/run-main.ts';

const main = (service: string): string => join(import.meta.dirname, '../../..', service, 'src/main.ts');

describe('a service of its own whose settings are wrong', () => {
  it('says everything that is missing, one line each, and ends', async () => {
    const ended = await runToEnd({ entry: main('auth-gateway') });
    expect(ended.code).toBe(1);
    expect(ended.errorLines.map((line) => line.split(' ')[0]).toSorted()).toEqual([
      'GATEHOUSE_DIRECTORY_URL',
      'GATEHOUSE_KAFKA_BROKERS',
      'GATEHOUSE_MASTER_KEYS',
      'GATEHOUSE_MONGODB_URI',
      'GATEHOUSE_REDIS_URL',
      'GATEHOUSE_REGISTRY_URL',
    ]);
  });

  it('refuses an address of MongoDB that cannot be used, without showing its password', async () => {
    const env = {
      GATEHOUSE_KAFKA_BROKERS: '127.0.0.1:1',
      GATEHOUSE_MONGODB_URI: 'mongodb://gatehouse:hunter2@127.0.0.1:1/g?w=1',
    };
    const ended = await runToEnd({ entry: main('connector-registry'), env });
    expect(ended.code).toBe(1);
    expect(ended.errorLines).toHaveLength(1);
    expect(ended.errorLines[0]).toMatch(/^GATEHOUSE_MONGODB_URI must leave w out/);
    expect(ended.errorLines.join()).not.toContain('hunter2');
  });
});

describe.skipIf(await mustSkipServerTests(['kafka', 'mongo', 'redis']))(
  'services whose servers are not prepared',
  () => {
    let product: RunningDistributed | undefined;
    afterEach(async () => {
      await product?.stop();
    });

    const start = async (options: Parameters<typeof startDistributed>[0]): Promise<RunningDistributed> => {
      product = await startDistributed({
        prepare: false,
        untilReady: false,
        copies: { 'auth-gateway': 1 },
        ...options,
      });
      return product;
    };
    const statusOf = async ({ url }: RunningService): Promise<number> => (await fetch(`${url}/readyz`)).status;
    const outputs = (running: RunningDistributed): string =>
      running.services.map(({ process }) => process.output()).join('\n');

    it('wait for topics and indexes, say which are missing, and go on when they are made', async () => {
      const running = await start({});
      await expect
        .poll(() => outputs(running), { timeout: 20_000 })
        .toMatch(/topic \S+gatehouse\.connector\.state is missing/);
      expect(await Promise.all(running.services.map(statusOf))).toEqual([503, 503, 503]);
      await expect.poll(() => outputs(running), { timeout: 20_000 }).toMatch(/missing index connector-registry\./);
      expect((await running.administer('POST', '/api/users', { username: 'a@b.example' })).status).toBe(503);
      expect(outputs(running)).not.toMatch(/^\s+at /m);
      await expect(running.command('topics', 'check')).rejects.toThrow(/is missing/);
      await running.command('topics', 'apply');
      await running.command('indexes', 'apply');
      expect(await running.command('topics', 'check')).toContain('as they should be');
      expect(await running.command('indexes', 'check')).toContain('as they should be');
      await expect
        .poll(() => Promise.all(running.services.map(statusOf)), { timeout: 30_000 })
        .toEqual([200, 200, 200]);
    }, 90_000);

    it('stay up without a broker, say so in one line at a time, and are not ready', async () => {
      const running = await start({ env: { GATEHOUSE_KAFKA_BROKERS: '127.0.0.1:1' } });
      await expect
        .poll(() => outputs(running), { timeout: 20_000 })
        .toMatch(/"code":"log_unavailable","reason":"[^"]*no broker answers/);
      expect(await Promise.all(running.services.map(statusOf))).toEqual([503, 503, 503]);
    }, 60_000);
  },
);
