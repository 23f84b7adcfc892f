import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, type RunningStandalone, startStandalone } from '@gatehouse/test-servers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilOutput } from './support/output.ts';
import { runToEnd } from './support/run-main.ts';
import { createSigner, originOf, sessionStatus } from './support/signer.ts';

let folder: string;
const running: RunningStandalone[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-start-'));
});

afterEach(async () => {
  for (const product of running.splice(0)) await product.process.kill();
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

const start = async (options: Parameters<typeof startStandalone>[0] = {}): Promise<RunningStandalone> => {
  const product = await startStandalone({ dataDir: join(folder, 'data'), ...options });
  running.push(product);
  return product;
};

/** With the demo and without an admin key, as somebody has it who just types `npm start`. */
const startDemo = async (practicePort: number, more: Parameters<typeof startStandalone>[0] = {}) =>
  await start({
    args: [],
    ...more,
    env: { PRACTICE_IDP_PORT: String(practicePort), GATEHOUSE_ADMIN_KEY: '', ...more.env },
  });

/** A port on which somebody else listens. */
const takenPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

const environment = async (more: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> => ({
  GATEHOUSE_DATA_DIR: join(folder, 'data'),
  GATEHOUSE_PORT: String(await freePort()),
  GATEHOUSE_INTERNAL_PORT: String(await freePort()),
  ...more,
});

const answers = async (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );

const untilSilent = async (url: string): Promise<void> => {
  const until = Date.now() + 5_000;
  while (await answers(url)) {
    if (Date.now() > until) throw new Error(`${url} still answers`);
    await delay(50);
  }
};

const modeOf = async (...path: readonly string[]): Promise<number> =>
  (await stat(join(folder, 'data', ...path))).mode & 0o777;

/** Log lines that tell of something wrong. */
const complaints = (output: string): readonly string[] =>
  output.split('\n').filter((line) => /"level":"(?:warn|error|fatal)"|^\s+at |Error:/.test(line));

describe('a first start', () => {
  it('makes the demo and says where everything is', async () => {
    const practicePort = await freePort();
    const product = await startDemo(practicePort);
    const output = await untilOutput(product.process, /Ctrl-C/);
    expect(output).toContain(`Login address ${product.baseUrl}/api/sso/login/practice`);
    expect(output).toContain(`http://127.0.0.1:${practicePort}`);
    expect(output).toContain(`${product.baseUrl}/console/`);
    expect(output).toContain(product.dataDir);
    expect(output).toMatch(/Set-up link {3}http:\/\/localhost:\d+\/console\/set-up#token=[\w-]{43}\n/);
    expect(await answers(`http://127.0.0.1:${practicePort}/saml/metadata`)).toBe(true);
    const login = await fetch(`${originOf(product)}/api/sso/login/practice`, { redirect: 'manual' });
    expect(login.status).toBe(302);
    expect(login.headers.get('location')).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${practicePort}/saml/sso\\?`));
    expect(complaints(product.process.output())).toEqual([]);
  });

  it('starts bare with --no-demo', async () => {
    const product = await start({ env: { GATEHOUSE_ADMIN_KEY: '' } });
    const output = await untilOutput(product.process, /Ctrl-C/);
    expect(output).toContain('Set-up link');
    expect(output).not.toContain('practice');
    const login = await fetch(`${originOf(product)}/api/sso/login/practice`, { redirect: 'manual' });
    expect(login.status).toBe(404);
  });

  it('keeps its data to its owner', async () => {
    const product = await startDemo(await freePort());
    await untilOutput(product.process, /Ctrl-C/);
    expect(await modeOf()).toBe(0o700);
    expect(await modeOf('master-keys')).toBe(0o600);
    expect(await modeOf('practice-idp')).toBe(0o700);
  });

  it('takes rights away from others on a directory that was there', async () => {
    const product = await start();
    await product.process.stop();
    await chmod(product.dataDir, 0o755);
    await start();
    expect(await modeOf()).toBe(0o700);
  });
});

describe('a start that cannot be', () => {
  const oneLine = async (
    env: Readonly<Record<string, string>>,
    args: readonly string[] = ['--no-demo'],
  ): Promise<string> => {
    const { code, stdout, errorLines } = await runToEnd({ env, args });
    expect(stdout.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect(errorLines).toHaveLength(1);
    expect(code).toBe(1);
    return errorLines[0] ?? '';
  };

  it('is refused on a data directory that another process uses, which goes on undisturbed', async () => {
    const product = await start();
    expect(await oneLine(await environment())).toBe(
      `GATEHOUSE_DATA_DIR: ${product.dataDir} is in use by another Gatehouse; stop it, or name another directory`,
    );
    expect((await product.administer('POST', '/api/users', { username: 'a@example.com' })).status).toBe(201);
  });

  it.each(['GATEHOUSE_PORT', 'GATEHOUSE_INTERNAL_PORT'])('names a %s in use', async (name) => {
    const port = await takenPort();
    expect(await oneLine(await environment({ [name]: String(port) }))).toBe(
      `Port ${port} is in use: stop what uses it, or set GATEHOUSE_PORT, GATEHOUSE_INTERNAL_PORT`,
    );
  });

  it('names the port of the practice identity provider in use, and lets go of everything', async () => {
    const port = await takenPort();
    const env = await environment({ PRACTICE_IDP_PORT: String(port) });
    const { code, stdout, errorLines } = await runToEnd({ env });
    expect(code).toBe(1);
    expect(errorLines).toEqual([
      `practice-idp: port ${port} is in use; set PRACTICE_IDP_PORT to another one`,
      'The practice identity provider did not start: mend what it says above, or start with --no-demo',
    ]);
    expect(complaints(stdout)).toEqual([]);
    const product = await start();
    expect((await product.administer('GET', '/api/connectors')).body.items).toEqual([]);
  });

  it('is refused where the directory cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const dataDir = join(folder, 'file', 'data');
    expect(await oneLine(await environment({ GATEHOUSE_DATA_DIR: dataDir }))).toBe(
      `GATEHOUSE_DATA_DIR: ${dataDir} cannot be written to (ENOTDIR); name a directory that can, for example ./.gatehouse`,
    );
  });

  it('tells every wrong setting at once, a line each, without a secret', async () => {
    const { code, errorLines } = await runToEnd({
      args: ['--no-demo'],
      env: {
        GATEHOUSE_PORT: '70000',
        GATEHOUSE_BASE_URL: 'localhost:3000',
        GATEHOUSE_ADMIN_KEY: 'short-secret',
        GATEHOUSE_RATE_LIMIT: 'maybe',
        GATEHOUSE_DATADIR: folder,
      },
    });
    expect(code).toBe(1);
    expect(errorLines.map((line) => line.split(' ', 1)[0])).toEqual([
      'GATEHOUSE_BASE_URL',
      'GATEHOUSE_PORT',
      'GATEHOUSE_ADMIN_KEY',
      'GATEHOUSE_RATE_LIMIT',
      'GATEHOUSE_DATADIR',
    ]);
    expect(errorLines.at(-1)).toContain('did you mean GATEHOUSE_DATA_DIR?');
    expect(errorLines.join('\n')).not.toContain('short-secret');
  });

  it('names an argument that it does not know', async () => {
    const { code, errorLines } = await runToEnd({ args: ['--demon'], env: await environment() });
    expect(code).toBe(1);
    expect(errorLines).toEqual([
      "Unknown option '--demon'",
      'Usage: npm start [-- --no-demo]',
      '  --no-demo   without the practice identity provider, its connector and its users',
    ]);
  });

  it('refuses settings of servers, which it would not use', async () => {
    const { code, errorLines } = await runToEnd({
      args: ['--no-demo'],
      env: await environment({
        GATEHOUSE_KAFKA_BROKERS: 'kafka:9092',
        GATEHOUSE_MONGODB_URI: 'mongodb://mongo:27017/gatehouse',
        GATEHOUSE_REDIS_URL: 'redis://redis:6379',
      }),
    });
    expect(code).toBe(1);
    expect(errorLines).toEqual(
      ['KAFKA_BROKERS', 'MONGODB_URI', 'REDIS_URL'].map(
        (name) => `GATEHOUSE_${name} is not for standalone, which keeps everything in GATEHOUSE_DATA_DIR: unset it`,
      ),
    );
  });

  it('refuses an address that is not of this machine', async () => {
    expect(await oneLine(await environment({ GATEHOUSE_HOST: '192.0.2.1' }))).toBe(
      'GATEHOUSE_HOST is not an address of this machine, for example 127.0.0.1',
    );
  });
});

describe('a database', () => {
  it.each([
    ['of another kind', 'this is no database, whatever its name says'.repeat(100)],
    ['that is a directory', undefined],
  ])('%s is one clear line, and is left as it is', async (_, content) => {
    const product = await start();
    await product.process.stop();
    const file = join(product.dataDir, 'user-directory.db');
    await rm(file);
    if (content === undefined) await mkdir(file);
    else await writeFile(file, content);
    const { code, errorLines } = await runToEnd({ args: ['--no-demo'], env: await environment() });
    expect(code).toBe(1);
    expect(errorLines).toHaveLength(1);
    expect(errorLines[0]).toContain(file);
    if (content !== undefined) expect(await readFile(file, 'utf8')).toBe(content);
  });
});

describe('the end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'comes in order at %s, the practice identity provider too',
    async (signal) => {
      const practicePort = await freePort();
      const product = await startDemo(practicePort);
      await untilOutput(product.process, /Ctrl-C/);
      process.kill(product.process.pid, signal);
      expect(await product.process.exited).toEqual({ code: 0, signal: undefined });
      expect(complaints(product.process.output())).toEqual([]);
      await untilSilent(`http://127.0.0.1:${practicePort}/`);
    },
  );

  it('does not wait for connections that nobody uses', async () => {
    const practicePort = await freePort();
    const product = await startDemo(practicePort);
    await untilOutput(product.process, /Ctrl-C/);
    const idle = [product.port, product.internalPort, practicePort].map((port) => connect(port, '127.0.0.1').resume());
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const began = performance.now();
    expect(await product.process.stop()).toEqual({ code: 0, signal: undefined });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(complaints(product.process.output())).toEqual([]);
  });

  it('of a killed process takes the practice identity provider along', async () => {
    const practicePort = await freePort();
    const product = await startDemo(practicePort);
    await untilOutput(product.process, /Ctrl-C/);
    await product.process.kill();
    await untilSilent(`http://127.0.0.1:${practicePort}/`);
  });
});

describe('a restart', () => {
  it('keeps connectors, users, links, audit and sessions', async () => {
    const first = await start();
    const signer = await createSigner(first, 'kept');
    const cookie = await signer.signIn(first);
    expect(await sessionStatus(first, cookie)).toBe(200);
    await first.process.stop();

    const second = await start({ port: first.port, internalPort: first.internalPort });
    expect(await sessionStatus(second, cookie)).toBe(200);
    expect((await second.administer('GET', `/api/users/${signer.userId}`)).body.username).toBe(signer.username);
    const links = await second.administer('GET', `/api/users/${signer.userId}/connectors`);
    expect(links.body.items).toMatchObject([{ connectorId: signer.connectorId, bound: true }]);
    const audit = await second.administer('GET', '/api/audit?type=login.succeeded');
    expect(audit.body.items).toHaveLength(1);
    expect(await sessionStatus(second, await signer.signIn(second))).toBe(200);
  });

  it('prints no set-up link once there is an administrator, who signs in as before', async () => {
    const practicePort = await freePort();
    const first = await startDemo(practicePort);
    const [, token] = /#token=([\w-]+)/.exec(await untilOutput(first.process, /Ctrl-C/)) ?? [];
    const administrator = { username: 'root@example.com', passphrase: 'correct horse battery staple' };
    const post = (product: RunningStandalone, path: string, body: unknown): Promise<Response> =>
      fetch(originOf(product) + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: product.baseUrl },
        body: JSON.stringify(body),
      });
    const made = await post(first, '/api/administrators/setup', { token, ...administrator });
    expect(made.status).toBe(201);
    await first.process.stop();

    const second = await startDemo(practicePort, { port: first.port, internalPort: first.internalPort });
    const output = await untilOutput(second.process, /Ctrl-C/);
    expect(output).not.toContain('Set-up link');
    const again = await post(second, '/api/administrators/setup', { token, ...administrator });
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ code: 'invalid_setup_link' });
    expect((await post(second, '/api/administrators/sign-in', administrator)).status).toBe(200);
  });

  it('makes the demo once: what was deleted stays deleted', async () => {
    const practicePort = await freePort();
    const env = { PRACTICE_IDP_PORT: String(practicePort) };
    const first = await start({ args: [], env });
    await untilOutput(first.process, /Ctrl-C/);
    const { body } = await first.administer('GET', '/api/connectors');
    const [connector] = body.items;
    const gone = await first.administer('DELETE', `/api/connectors/${connector.id}`, undefined, {
      'if-match': `"${connector.version}"`,
    });
    expect(gone.status).toBe(204);
    await first.process.stop();

    const second = await start({ args: [], env });
    await untilOutput(second.process, /Ctrl-C/);
    expect((await second.administer('GET', '/api/connectors')).body.items).toEqual([]);
    expect((await second.administer('GET', '/api/users')).body.items).toHaveLength(2);
  });
});

describe('a demo that was cut off', () => {
  it('is taken up where it ended', async () => {
    const practicePort = await freePort();
    const first = await startDemo(practicePort);
    await untilOutput(first.process, /Gatehouse is ready/);
    await first.process.kill();
    // As after a kill between the first user and the marker: connector and users are there, the marker is not.
    await rm(join(folder, 'data', 'practice-seeded'));
    const second = await startDemo(await freePort());
    await untilOutput(second.process, /Gatehouse is ready/);
    expect(second.process.output()).toContain('/api/sso/login/practice');
  });
});

describe('a data directory that has lost its master keys', () => {
  it('is refused with what to do, and no new key is put in their place', async () => {
    const first = await start();
    await first.process.stop();
    const keys = join(folder, 'data', 'master-keys');
    await rm(keys);
    const refused = await runToEnd({ args: ['--no-demo'], env: await environment() });
    expect(refused.code).toBe(1);
    expect(refused.errorLines).toEqual([expect.stringContaining(`${keys} is missing`)]);
    await expect(stat(keys)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('another port without a public address', () => {
  it('makes addresses of that port', async () => {
    const product = await startDemo(await freePort(), { env: { GATEHOUSE_BASE_URL: '' } });
    await untilOutput(product.process, /Gatehouse is ready/);
    expect(product.process.output()).toContain(`http://localhost:${product.port}/console/set-up#token=`);
  });
});
