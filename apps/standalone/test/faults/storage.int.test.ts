import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { postAnswer, type RunningStandalone, startLogin, startStandalone } from '@gatehouse/test-servers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSigner, originOf, type Signer, sessionStatus } from '../support/signer.ts';

const isSuperuser = process.getuid?.() === 0;
const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

let folder: string;
let dataDir: string;
let product: RunningStandalone | undefined;
let afterwards: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-storage-'));
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  await product?.process.kill();
  for (const step of afterwards) step();
  afterwards = [];
  await rm(folder, { recursive: true, force: true });
});

const start = async (more: Parameters<typeof startStandalone>[0] = {}): Promise<RunningStandalone> => {
  product = await startStandalone({ dataDir, ...more });
  return product;
};

const restart = async (running: RunningStandalone): Promise<RunningStandalone> => {
  await running.process.stop();
  return await start({ port: running.port, internalPort: running.internalPort });
};

const usernames = async (running: RunningStandalone): Promise<readonly string[]> => {
  const { body } = await running.administer('GET', '/api/users?limit=200');
  return body.items.map(({ username }: { readonly username: string }) => username).sort();
};

const auditedUsernames = async (running: RunningStandalone): Promise<readonly string[]> => {
  const { body } = await running.administer('GET', '/api/audit?type=user.created&limit=200');
  return body.items
    .map(({ data }: { readonly data: { readonly user: { readonly username: string } } }) => data.user.username)
    .sort();
};

/** Every kind of command is refused as a whole with 503 and a code; what only reads goes on. */
const expectRefusals = async (running: RunningStandalone, signer: Signer, session: string): Promise<void> => {
  const user = `/api/users/${signer.userId}`;
  const commands: readonly (readonly [string, string, unknown?])[] = [
    ['POST', '/api/users', { username: 'refused@example.com' }],
    ['POST', `${user}/suspend`],
    ['DELETE', `${user}/connectors/${signer.connectorId}`],
    ['POST', `/api/connectors/${signer.connectorId}/disable`],
    ['POST', '/api/api-keys', { name: 'refused', rights: ['read'] }],
  ];
  for (const [method, path, body] of commands) {
    const answer = await running.administer(method, path, body);
    expect([path, answer.status, answer.body.code]).toEqual([path, 503, 'storage_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  }
  expect((await fetch(`${originOf(running)}/livez`)).status).toBe(200);
  expect((await running.administer('GET', user)).body.status).toBe('active');
  expect((await running.administer('GET', '/api/connectors')).status).toBe(200);
  expect((await running.administer('GET', '/api/audit')).status).toBe(200);
  expect(await sessionStatus(running, session)).toBe(200);
};

/** Nothing of what was refused is there, everything that was acknowledged is, and commands and logins work. */
const expectWhole = async (running: RunningStandalone, signer: Signer, acknowledged: readonly string[]) => {
  expect(await usernames(running)).toEqual([...acknowledged].sort());
  const { body: user } = await running.administer('GET', `/api/users/${signer.userId}`);
  expect(user.status).toBe('active');
  expect((await running.administer('GET', `/api/users/${signer.userId}/connectors`)).body.items).toHaveLength(1);
  expect((await running.administer('GET', `/api/connectors/${signer.connectorId}`)).body.enabled).toBe(true);
  expect((await running.administer('GET', '/api/api-keys')).body.items).toEqual([]);
  expect(await sessionStatus(running, await signer.signIn(running))).toBe(200);
};

/** The soft limit, which may be raised again. */
const limitFiles = (running: RunningStandalone, bytes: string): void => {
  execFileSync('prlimit', ['--pid', String(running.process.pid), `--fsize=${bytes}:`]);
};

describe.skipIf(!has('prlimit'))('files that can grow no more', () => {
  it('refuse commands and logins with 503, and lose and half-write nothing', { timeout: 60_000 }, async () => {
    const running = await start();
    const signer = await createSigner(running, 'limited');
    const session = await signer.signIn(running);
    await running.administer('POST', '/api/users', { username: 'before@example.com' });
    const started = await startLogin(originOf(running), 'limited');

    limitFiles(running, '0');
    await expectRefusals(running, signer, session);
    const login = await fetch(`${originOf(running)}/api/sso/login/limited`, { redirect: 'manual' });
    expect(login.status).toBe(503);
    const refused = await postAnswer(originOf(running), started, signer.respond(running, started));
    expect([refused.status, refused.session]).toEqual([503, undefined]);

    limitFiles(running, 'unlimited');
    // The attempt that was refused for want of room was not used up.
    const repeated = await postAnswer(originOf(running), started, signer.respond(running, started));
    expect(repeated.session).toBeDefined();
    expect((await running.administer('POST', '/api/users', { username: 'after@example.com' })).status).toBe(201);
    const acknowledged = [signer.username, 'before@example.com', 'after@example.com'];
    await expectWhole(running, signer, acknowledged);
    const again = await restart(running);
    await expectWhole(again, signer, acknowledged);
    expect(await auditedUsernames(again)).toEqual(acknowledged.sort());
  });

  it('in the middle of a burst leave only what was acknowledged', { timeout: 60_000 }, async () => {
    const running = await start();
    const acknowledged: string[] = [];
    let number = 0;
    let refused = 0;
    // Until room has run out for each of them: however fast the machine is, the limit falls into the burst.
    const worker = async (): Promise<void> => {
      while (refused < 10 && number < 10_000) {
        const username = `user-${number++}@example.com`;
        const { status } = await running.administer('POST', '/api/users', { username });
        if (status === 201) acknowledged.push(username);
        else {
          expect(status).toBe(503);
          refused++;
        }
      }
    };
    const burst = Promise.all(Array.from({ length: 8 }, worker));
    while (acknowledged.length < 10) await new Promise((resolve) => setTimeout(resolve, 1));
    limitFiles(running, '0');
    await burst;
    expect(refused).toBeGreaterThanOrEqual(10);
    await running.process.kill();
    const again = await start({ port: running.port, internalPort: running.internalPort });
    expect(await usernames(again)).toEqual(acknowledged.sort());
  });
});

/** A file system of a few megabytes, if this process may mount one. */
const mountSmall = (path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path]).status === 0;

/** Writes a file until the disk is full. */
const fill = async (path: string): Promise<void> => {
  const file = await open(path, 'w');
  try {
    for (;;) await file.write(Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    await file.close();
  }
};

const mayMount = ((): boolean => {
  if (!isSuperuser) return false;
  const probe = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  const mounted = mountSmall(probe);
  if (mounted) execFileSync('umount', [probe]);
  execFileSync('rmdir', [probe]);
  return mounted;
})();

describe.skipIf(!mayMount)('a full disk', () => {
  it('refuses commands with 503, loses and half-writes nothing, and serves again once there is room', {
    timeout: 60_000,
  }, async () => {
    const mounted = join(folder, 'small');
    execFileSync('mkdir', [mounted]);
    expect(mountSmall(mounted)).toBe(true);
    afterwards.push(() => execFileSync('umount', ['--lazy', mounted]));
    dataDir = join(mounted, 'data');
    const running = await start();
    const signer = await createSigner(running, 'full');
    const session = await signer.signIn(running);
    const filler = join(mounted, 'filler');
    const acknowledged = [signer.username];

    await fill(filler);
    // What is left in the write-ahead logs is used up first.
    let status = 201;
    for (let number = 0; status === 201 && number < 500; number++) {
      const username = `user-${number}@example.com`;
      ({ status } = await running.administer('POST', '/api/users', { username }));
      if (status === 201) acknowledged.push(username);
    }
    expect(status).toBe(503);
    expect((await fetch(`${originOf(running)}/livez`)).status).toBe(200);
    expect(await sessionStatus(running, session)).toBe(200);
    expect(await usernames(running)).toEqual([...acknowledged].sort());

    await rm(filler);
    await expectWhole(running, signer, acknowledged);
    await expectWhole(await restart(running), signer, acknowledged);
  });
});

// The superuser writes to read-only files too, unless that right is taken from the process.
const withoutOverride = isSuperuser ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

describe.skipIf(isSuperuser && !has('setpriv'))('a database that is read-only', () => {
  it('refuses its commands with 503 and goes on to be read', { timeout: 60_000 }, async () => {
    const first = await start();
    const signer = await createSigner(first, 'kept');
    await first.process.stop();
    const database = join(dataDir, 'user-directory.db');
    await chmod(database, 0o444);
    const running = await start({
      port: first.port,
      internalPort: first.internalPort,
      ...(withoutOverride.length > 0 ? { launcher: withoutOverride } : {}),
    });
    const refused = await running.administer('POST', '/api/users', { username: 'refused@example.com' });
    expect([refused.status, refused.body.code]).toEqual([503, 'storage_unavailable']);
    const suspended = await running.administer('POST', `/api/users/${signer.userId}/suspend`);
    expect([suspended.status, suspended.body.code]).toEqual([503, 'storage_unavailable']);
    expect(await usernames(running)).toEqual([signer.username]);
    // What lies in other files is not touched by it.
    const disabled = await running.administer('POST', `/api/connectors/${signer.connectorId}/disable`);
    expect(disabled.status).toBe(200);

    await running.process.stop();
    await chmod(database, 0o600);
    const again = await start({ port: first.port, internalPort: first.internalPort });
    expect((await again.administer('POST', '/api/users', { username: 'after@example.com' })).status).toBe(201);
    expect(await usernames(again)).toEqual(['after@example.com', signer.username].sort());
  });
});

describe('a database that another process holds locked', () => {
  it('refuses its commands with 503 and takes them again afterwards', { timeout: 60_000 }, async () => {
    const running = await start();
    const holder = new DatabaseSync(join(dataDir, 'user-directory.db'));
    afterwards.push(() => holder.close());
    holder.exec('BEGIN IMMEDIATE');
    const refused = await running.administer('POST', '/api/users', { username: 'locked@example.com' });
    expect([refused.status, refused.body.code]).toEqual([503, 'storage_unavailable']);
    expect(await usernames(running)).toEqual([]);
    holder.exec('ROLLBACK');
    expect((await running.administer('POST', '/api/users', { username: 'locked@example.com' })).status).toBe(201);
  });
});
