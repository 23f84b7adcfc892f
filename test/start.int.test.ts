import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The repository's own `npm start`, around a program that only tells what reached it. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'));
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
  write('package.json', JSON.stringify({ name: 'start', private: true, scripts }));
  write('scripts/prepare.mjs', "console.log('prepared');\n");
  write(
    'apps/standalone/src/main.ts',
    [
      "process.on('SIGTERM', () => { console.log('stopped'); process.exit(0); });",
      "console.log('started', process.pid, ...process.argv.slice(2));",
      'setInterval(() => {}, 1000);',
    ].join('\n'),
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('npm start', () => {
  it('prepares, hands its arguments through, and passes SIGTERM on instead of leaving an orphan', async () => {
    const npm = spawn('npm', ['start', '--', '--no-demo'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    const lines: string[] = [];
    let pid = 0;
    for await (const line of createInterface({ input: npm.stdout })) {
      lines.push(line);
      const started = /^started (\d+)/.exec(line);
      if (started === null) continue;
      pid = Number(started[1]);
      npm.kill('SIGTERM');
    }
    if (npm.exitCode === null && npm.signalCode === null) await once(npm, 'exit');
    expect(lines.filter((line) => /^(prepared|started|stopped)/.test(line))).toEqual([
      'prepared',
      `started ${pid} --no-demo`,
      'stopped',
    ]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

function write(file: string, text: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
