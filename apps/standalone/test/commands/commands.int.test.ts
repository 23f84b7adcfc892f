import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type RunningStandalone, startStandalone } from '@gatehouse/test-servers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EndedRun, runToEnd } from '../support/run-main.ts';
import { createSigner, originOf, sessionStatus } from '../support/signer.ts';

const source = join(import.meta.dirname, '../../src/commands');

let folder: string;
let dataDir: string;
let product: RunningStandalone | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-commands-'));
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  await product?.process.kill();
  product = undefined;
  await rm(folder, { recursive: true, force: true });
});

const start = async (more: Parameters<typeof startStandalone>[0] = {}): Promise<RunningStandalone> => {
  product = await startStandalone({ dataDir, ...more });
  return product;
};

const command = (name: 'admin' | 'keys', args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runToEnd({ entry: join(source, `${name}.ts`), args, env: { GATEHOUSE_DATA_DIR: dataDir, ...env } });

const refusal = async (run: Promise<EndedRun>): Promise<readonly string[]> => {
  const { code, stdout, errorLines } = await run;
  expect([code, stdout]).toEqual([1, '']);
  return errorLines;
};

describe('admin reset', () => {
  const setUp = (running: RunningStandalone, username: string, token: string): Promise<Response> =>
    fetch(`${originOf(running)}/api/administrators/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: running.baseUrl },
      body: JSON.stringify({ username, passphrase: 'correct horse battery staple', token }),
    });
  const signIn = (running: RunningStandalone, username: string): Promise<Response> =>
    fetch(`${originOf(running)}/api/administrators/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: running.baseUrl },
      body: JSON.stringify({ username, passphrase: 'correct horse battery staple' }),
    });
  const reset = async (running: RunningStandalone): Promise<{ readonly link: string; readonly token: string }> => {
    const { code, stdout, errorLines } = await command('admin', ['reset'], { GATEHOUSE_BASE_URL: running.baseUrl });
    expect([code, errorLines]).toEqual([0, []]);
    const [, link = '', token = ''] = /(http\S+#token=([\w-]{43}))/.exec(stdout) ?? [];
    return { link, token };
  };

  it('prints a link that makes another administrator, once, while the product runs and others exist', async () => {
    const running = await start();
    const first = { username: 'first@example.com', passphrase: 'correct horse battery staple' };
    expect((await running.administer('POST', '/api/administrators', first)).status).toBe(201);
    const { link, token } = await reset(running);
    expect(link).toMatch(new RegExp(`^${running.baseUrl}/console/set-up#token=`));
    expect((await setUp(running, 'second@example.com', token)).status).toBe(201);
    expect((await signIn(running, 'second@example.com')).status).toBe(200);
    expect((await signIn(running, 'first@example.com')).status).toBe(200);
    const again = await setUp(running, 'third@example.com', token);
    expect([again.status, (await again.json()).code]).toEqual([400, 'invalid_setup_link']);
    const audit = await running.administer('GET', '/api/audit?type=administrator.created');
    expect(audit.body.items).toHaveLength(2);
  });

  it('prints a link that the next start takes, too', async () => {
    const first = await start();
    await first.process.stop();
    const { token } = await reset(first);
    const second = await start({ port: first.port, internalPort: first.internalPort });
    expect((await setUp(second, 'later@example.com', token)).status).toBe(201);
  });

  it('says in one line what is wrong', async () => {
    expect(await refusal(command('admin', ['reset']))).toEqual([
      `GATEHOUSE_DATA_DIR: ${dataDir} holds no data; start Gatehouse once`,
    ]);
    expect(await refusal(command('admin', []))).toEqual(['Usage: npm run admin -- reset']);
    expect(await refusal(command('admin', ['reset', 'now']))).toEqual(['Usage: npm run admin -- reset']);
    const [line] = await refusal(command('admin', ['reset'], { GATEHOUSE_BASE_URL: 'nowhere' }));
    expect(line).toMatch(/^GATEHOUSE_BASE_URL /);
  });
});

describe('keys', () => {
  /** Ids of the master keys that signing keys are sealed with, as they lie in the store. */
  const sealedWith = (ids: readonly string[]): readonly string[] => {
    const database = new DatabaseSync(join(dataDir, 'auth-gateway.db'), { readOnly: true });
    const rows = database.prepare("SELECT state FROM aggregates WHERE kind = 'signing-keys'").all();
    database.close();
    const text = JSON.stringify(rows);
    return ids.filter((id) => text.includes(id));
  };

  it('rotate puts a new key first, and the next start opens everything and seals it anew', async () => {
    const first = await start();
    const signer = await createSigner(first, 'kept');
    const session = await signer.signIn(first);
    const before = await (await fetch(`${originOf(first)}/.well-known/jwks.json`)).json();
    await first.process.stop();

    const list = await command('keys', ['list']);
    const [, old = ''] = /^ {2}(\S+) {2}seals and opens$/m.exec(list.stdout) ?? [];
    expect(old).not.toBe('');
    expect(sealedWith([old])).toEqual([old]);
    const rotated = await command('keys', ['rotate']);
    expect([rotated.code, rotated.errorLines]).toEqual([0, []]);
    const [, fresh = ''] = /^ {2}(\S+) {2}seals and opens$/m.exec(rotated.stdout) ?? [];
    expect(rotated.stdout).toMatch(new RegExp(`^ {2}${old} {2}opens$`, 'm'));
    expect(rotated.stdout).toContain('Restart Gatehouse');
    expect(fresh).not.toBe(old);
    const secrets = (await readFile(join(dataDir, 'master-keys'), 'utf8'))
      .split(/[\s,]+/)
      .map((key) => key.split(':')[1]);
    for (const secret of secrets.filter((text) => text !== undefined && text !== '')) {
      expect(list.stdout + rotated.stdout).not.toContain(secret);
    }

    const second = await start({ port: first.port, internalPort: first.internalPort });
    expect(sealedWith([old, fresh])).toEqual([fresh]);
    expect(await sessionStatus(second, session)).toBe(200);
    const after = await (await fetch(`${originOf(second)}/.well-known/jwks.json`)).json();
    expect(after.keys.map(({ kid }: { readonly kid: string }) => kid)).toEqual(
      expect.arrayContaining(before.keys.map(({ kid }: { readonly kid: string }) => kid)),
    );
    expect(await sessionStatus(second, await signer.signIn(second))).toBe(200);
  });

  it('says in one line what is wrong, and makes nothing', async () => {
    const nothing = [`GATEHOUSE_DATA_DIR: ${dataDir} holds no keys; start Gatehouse once`];
    expect(await refusal(command('keys', ['list']))).toEqual(nothing);
    expect(await refusal(command('keys', ['rotate']))).toEqual(nothing);
    expect(await refusal(command('keys', ['rotat']))).toEqual(['Usage: npm run keys -- list | rotate']);
    const env = { GATEHOUSE_MASTER_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}` };
    expect(await refusal(command('keys', ['rotate'], env))).toEqual([
      'GATEHOUSE_MASTER_KEYS is set: put the new key first in that setting, keep the old ones behind it, and restart',
    ]);
  });
});
