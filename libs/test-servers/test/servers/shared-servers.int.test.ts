import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustSkipServerTests, startKafka, startMongo, startProcess, startRedis } from '../../src/index.ts';
import { askRedis } from './talk.ts';

describe.skipIf(await mustSkipServerTests(['kafka', 'mongo', 'redis']))('the servers of a test run', () => {
  it('are the same ones for everybody, and outlive those who let go of them', async () => {
    const first = await startRedis();
    await first.stop();
    const second = await startRedis();
    expect(second.url).toBe(first.url);
    if (second.way !== 'environment')
      expect(await askRedis(Number(new URL(second.url).port), 'PING')).toBe('+PONG\r\n');
  });

  it('are there for Kafka and MongoDB too', async () => {
    const [{ brokers }, { uri }] = await Promise.all([startKafka(), startMongo()]);
    expect(brokers).toMatch(/^[\w.-]+:\d+/);
    expect(uri).toMatch(/^mongodb(\+srv)?:\/\//);
  }, 120_000);

  it('are asked for with the secret of the run alone', async () => {
    const address = new URL(process.env.GATEHOUSE_TEST_RUN ?? '');
    for (const path of [
      `/${'0'.repeat(32)}/ways/redis`,
      `${address.pathname}/ways/sqlite`,
      `${address.pathname}/x/redis`,
    ]) {
      expect((await fetch(new URL(path, address))).status).toBe(404);
    }
  });
});

describe('a machine with no way to a server', () => {
  const library = JSON.stringify(join(import.meta.dirname, '../../src/index.ts'));
  let folder: string;
  let entry: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-laptop-'));
    entry = join(folder, 'asks.ts');
    writeFileSync(
      entry,
      `import { mustSkipServerTests, startRedis } from ${library};
       console.log('skip:', await mustSkipServerTests('redis'));
       console.log('start:', await startRedis().then(({ url, way }) => [url, way].join(' '), ({ code }) => code));
       console.log('over');
       setInterval(() => {}, 1_000);`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What a process without a single program on its PATH says. */
  async function saidWith(env: Readonly<Record<string, string>>): Promise<string> {
    const settings = { PATH: folder, CI: '', GATEHOUSE_TEST_SERVERS: 'native', ...env };
    const asked = await startProcess({ entry, env: settings, ready: { line: /^over$/ }, timeoutMs: 30_000 });
    await asked.kill();
    return asked.output();
  }

  it('skips the tests and prints the reason', async () => {
    const said = await saidWith({});
    expect(said).toMatch(/^Skipped: No way to redis: redis-server is not on the PATH.*\.$/m);
    expect(said).toMatch(/^skip: true$/m);
    expect(said).toMatch(/^start: server_unavailable$/m);
  });

  it('runs them in CI, where they fail', async () => {
    const said = await saidWith({ CI: 'true' });
    expect(said).toMatch(/^skip: false$/m);
    expect(said).toMatch(/^start: server_unavailable$/m);
  });

  it('takes the one that the environment names, and skips nothing', async () => {
    const said = await saidWith({ GATEHOUSE_TEST_REDIS_URL: 'redis://redis.example:6379' });
    expect(said).toMatch(/^skip: false$/m);
    expect(said).toMatch(/^start: redis:\/\/redis\.example:6379 environment$/m);
  });
});
