import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  mustSkipServerTests,
  type OwnRedis,
  type RedisOptions,
  startOwnRedis,
  startProcess,
  startSentinel,
} from '../../src/index.ts';
import { askRedis, isAlive } from './talk.ts';

const patience = { timeout: 15_000, interval: 50 };
const started: OwnRedis[] = [];

async function redis(options?: RedisOptions): Promise<OwnRedis> {
  const server = await startOwnRedis(options);
  started.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

describe.skipIf(await mustSkipServerTests('redis', 'own'))('a Redis of one’s own', () => {
  it('keeps what it acknowledged through kill and restart, on the same port', async () => {
    const { port, kill, restart } = await redis();
    expect(await askRedis(port, 'SET a 1')).toBe('+OK\r\n');
    await kill();
    expect(await askRedis(port, 'PING')).toBeUndefined();
    await restart();
    expect(await askRedis(port, 'GET a')).toBe('$1\r\n1\r\n');
    await restart();
    expect(await askRedis(port, 'GET a')).toBe('$1\r\n1\r\n');
  });

  it('says nothing while it is paused, and goes on or starts again afterwards', async () => {
    const { port, pause, resume, restart } = await redis();
    await pause();
    expect(await askRedis(port, 'PING')).toBeUndefined();
    await resume();
    expect(await askRedis(port, 'PING')).toBe('+PONG\r\n');
    await pause();
    await restart();
    expect(await askRedis(port, 'PING')).toBe('+PONG\r\n');
  });

  it('is gone after stop, whatever state it was in', async () => {
    const servers = await Promise.all([redis(), redis(), redis()]);
    await servers[1].pause();
    await servers[2].kill();
    await Promise.all(servers.map((server) => server.stop()));
    await servers[0].stop();
    expect(await Promise.all(servers.map(({ port }) => askRedis(port, 'PING')))).toEqual(Array(3).fill(undefined));
    expect(servers.map(({ pid }) => pid)).toEqual(Array(3).fill(undefined));
  });

  it('asks for a password, keeps its users apart', async () => {
    const { port } = await redis({ password: 'secret', users: ['user reader on >word ~read:* +@read'] });
    expect(await askRedis(port, 'PING')).toMatch(/^-NOAUTH/);
    expect(await askRedis(port, 'AUTH secret')).toBe('+OK\r\n');
    expect(await askRedis(port, 'AUTH reader word')).toBe('+OK\r\n');
    expect(await askRedis(port, 'AUTH reader secret')).toMatch(/^-WRONGPASS/);
  });

  it('takes settings over its own', async () => {
    const { port } = await redis({ config: { maxmemory: '50mb', appendonly: 'no' } });
    expect(await askRedis(port, 'CONFIG GET maxmemory')).toContain('52428800');
    expect(await askRedis(port, 'CONFIG GET appendonly')).toContain('no\r\n');
  });

  it('speaks TLS with a certificate to trust, and nothing else', async () => {
    const { port, url, ca } = await redis({ tls: true });
    expect(url).toBe(`rediss://127.0.0.1:${port}`);
    expect(ca).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(await askRedis(port, 'PING', true)).toBe('+PONG\r\n');
    expect(await askRedis(port, 'PING')).toBeUndefined();
  });

  it('fails with what it wrote when a setting is wrong', async () => {
    const failure = redis({ config: { maxmemory: 'much' } });
    await expect(failure).rejects.toMatchObject({
      code: 'server_not_started',
      message: expect.stringContaining('maxmemory'),
    });
  });

  it('does not move away from a port that was chosen for it', async () => {
    const { port } = await redis();
    await expect(redis({ port })).rejects.toMatchObject({ code: 'server_not_started' });
  });
});

describe.skipIf(await mustSkipServerTests('redis', 'native'))('Redis with a replica', () => {
  it('hands its data on, and a Sentinel makes the replica the master when the first one is killed', async () => {
    const master = await redis({ native: true });
    const replica = await redis({ replicaOf: master });
    const sentinel = await startSentinel({ masterName: 'gatehouse', master, downAfterMs: 300 });
    started.push(sentinel);
    await askRedis(master.port, 'SET a 1');
    await vi.waitFor(async () => expect(await askRedis(replica.port, 'GET a')).toBe('$1\r\n1\r\n'), patience);
    const named = () => askRedis(sentinel.port, 'SENTINEL get-master-addr-by-name gatehouse');
    expect(await named()).toContain(String(master.port));
    // A Sentinel learns of replicas from the master, at most every ten seconds.
    const known = () => askRedis(sentinel.port, 'SENTINEL replicas gatehouse');
    await vi.waitFor(async () => expect(await known()).toContain(String(replica.port)), patience);
    await master.kill();
    await vi.waitFor(async () => expect(await named()).toContain(String(replica.port)), patience);
  }, 60_000);
});

describe.skipIf(await mustSkipServerTests('redis', 'native'))('a native server', () => {
  it('ends with the process that started it, even when that was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-owner-'));
    const entry = join(folder, 'owner.ts');
    const library = join(import.meta.dirname, '../../src/index.ts');
    writeFileSync(
      entry,
      `import { startOwnRedis } from ${JSON.stringify(library)};
       const { pid, port } = await startOwnRedis();
       console.log('redis', pid, port);`,
    );
    const env = { GATEHOUSE_TEST_SERVERS: 'native' };
    const owner = await startProcess({ entry, env, ready: { line: /^redis (\d+) (\d+)$/ }, timeoutMs: 40_000 });
    const [, pid, port] = owner.readyLine?.map(Number) ?? [];
    expect(isAlive(Number(pid))).toBe(true);
    expect(await askRedis(Number(port), 'PING')).toBe('+PONG\r\n');
    await owner.kill();
    await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), patience);
    rmSync(folder, { recursive: true });
  });
});
