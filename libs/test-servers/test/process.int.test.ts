import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort, startProcess } from '../src/index.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-process-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a program of a few lines and returns its path. */
function program(name: string, ...lines: readonly string[]): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('startProcess', () => {
  it('waits for a line, hands over its groups, and stops by SIGTERM', async () => {
    const entry = program(
      'polite',
      "process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });",
      "setTimeout(() => console.log('ready on', process.argv[2]), 50);",
      'setInterval(() => {}, 1000);',
    );
    const running = await startProcess({ entry, args: ['4711'], ready: { line: /^ready on (\d+)$/ } });
    expect(running.readyLine?.[1]).toBe('4711');
    expect(isAlive(running.pid)).toBe(true);
    expect(await running.stop()).toEqual({ code: 0, signal: undefined });
    expect(running.output()).toBe('ready on 4711\ndrained\n');
    expect(isAlive(running.pid)).toBe(false);
    expect(await running.stop()).toEqual({ code: 0, signal: undefined });
  });

  it('waits for an address to answer', async () => {
    const port = await freePort();
    const entry = program(
      'server',
      "import { createServer } from 'node:http';",
      'let asked = 0;',
      'const answer = (_, response) => { asked += 1; response.statusCode = asked > 1 ? 404 : 503; response.end(); };',
      `setTimeout(() => createServer(answer).listen(${port}, '127.0.0.1'), 200);`,
    );
    const running = await startProcess({ entry, ready: { url: `http://127.0.0.1:${port}/` } });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect(await running.kill()).toEqual({ code: undefined, signal: 'SIGKILL' });
  });

  it('kills what does not listen to SIGTERM', async () => {
    const entry = program(
      'stubborn',
      "process.on('SIGTERM', () => {});",
      "setInterval(() => {}, 1000); console.log('up');",
    );
    const running = await startProcess({ entry, ready: { line: /up/ } });
    expect(await running.stop(100)).toEqual({ code: undefined, signal: 'SIGKILL' });
  });

  it('fails with what was written when the process ends first', async () => {
    const entry = program('early', "console.error('the port is taken');", 'process.exitCode = 3;');
    await expect(startProcess({ entry, ready: { line: /never/ } })).rejects.toMatchObject({
      code: 'process_exited_early',
      message: expect.stringMatching(/code 3[\s\S]*the port is taken/),
    });
  });

  it('fails and leaves nothing behind when the time runs out', async () => {
    const entry = program('slow', "console.log('pid', process.pid);", 'setInterval(() => {}, 1000);');
    const failure = await startProcess({ entry, ready: { line: /never/ }, timeoutMs: 500 }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'process_not_ready' });
    const pid = Number(/pid (\d+)/.exec(String(failure))?.[1]);
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('keeps the settings of whoever runs the tests out of the process', async () => {
    vi.stubEnv('GATEHOUSE_PORT', '1');
    const entry = program(
      'settings',
      'const { GATEHOUSE_PORT, GATEHOUSE_HOST, VITEST } = process.env;',
      "console.log('got', GATEHOUSE_PORT, GATEHOUSE_HOST, VITEST);",
      'setInterval(() => {}, 1000);',
    );
    const running = await startProcess({ entry, env: { GATEHOUSE_HOST: 'here' }, ready: { line: /^got (.*)$/ } });
    expect(running.readyLine?.[1]).toBe('undefined here undefined');
    await running.stop();
  });
});
