import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../src/main.ts');
let dataDir: string;
let children: ChildProcess[];

interface Run {
  readonly child: ChildProcess;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  readonly exitCode: Promise<number | null>;
}

function run(environment: Record<string, string>): Run {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, PRACTICE_IDP_DATA_DIR: dataDir, PRACTICE_IDP_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return { child, output: () => ({ stdout, stderr }), exitCode };
}

async function readyUrl({ child }: Run): Promise<string> {
  const [message] = (await once(child, 'message')) as [{ type: string; url: string }];
  expect(message.type).toBe('ready');
  return message.url;
}

beforeEach(async () => {
  children = [];
  dataDir = await mkdtemp(join(tmpdir(), 'practice-idp-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true });
});

describe('the process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('says once where it listens, and stops cleanly on %s', async (signal) => {
    const started = run({});
    const url = await readyUrl(started);
    const metadata = await (await fetch(`${url}/saml/metadata`)).text();
    expect(metadata).toContain(`entityID="${url}/saml/metadata"`);
    started.child.kill(signal);
    expect(await started.exitCode).toBe(0);
    expect(started.output()).toEqual({ stdout: `practice-idp listening on ${url}\n`, stderr: '' });
  });

  it('stops when whoever started it is gone', async () => {
    const started = run({});
    await readyUrl(started);
    // After a disconnect from this side Node emits no `close`.
    const exit = once(started.child, 'exit');
    started.child.disconnect();
    expect(await exit).toEqual([0, null]);
  });

  it('tells whoever started it what a connector needs', async () => {
    const started = run({ PRACTICE_IDP_BASE_URL: 'https://idp.example' });
    const [message] = await once(started.child, 'message');
    expect(message).toEqual({
      type: 'ready',
      url: 'https://idp.example',
      issuerUrl: 'https://idp.example/saml/metadata',
      endpoint: 'https://idp.example/saml/sso',
      certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
    });
  });

  it('keeps its certificate from start to start', async () => {
    const certificates: string[] = [];
    for (const _ of [1, 2]) {
      const started = run({});
      const metadata = await (await fetch(`${await readyUrl(started)}/saml/metadata`)).text();
      certificates.push(/<ds:X509Certificate>(.*)</.exec(metadata)?.[1] ?? '');
      started.child.kill('SIGTERM');
      await started.exitCode;
    }
    expect(certificates[0]).toMatch(/^MII/);
    expect(certificates[1]).toBe(certificates[0]);
  });

  it('says in one line that its port is in use', async () => {
    const port = new URL(await readyUrl(run({}))).port;
    const second = run({ PRACTICE_IDP_PORT: port });
    expect(await second.exitCode).toBe(1);
    expect(second.output()).toEqual({
      stdout: '',
      stderr: `practice-idp: port ${port} is in use; set PRACTICE_IDP_PORT to another one\n`,
    });
  });

  it.each([
    [{ PRACTICE_IDP_PORT: 'x' }, /^PRACTICE_IDP_PORT must be [^\n]*\n$/],
    [{ PRACTICE_IDP_HOST: '192.0.2.1' }, /^practice-idp: PRACTICE_IDP_HOST is not [^\n]*\n$/],
    [{ PRACTICE_IDP_DATA_DIR: `${main}/below` }, /^The data directory [^\n]*main\.ts\/below cannot be used: [^\n]*\n$/],
  ] as const)('refuses %o in one line', async (environment, line) => {
    const refused = run(environment);
    expect(await refused.exitCode).toBe(1);
    expect(refused.output().stderr).toMatch(line);
    expect(refused.output().stdout).toBe('');
  });
});
