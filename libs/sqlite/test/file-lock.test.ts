import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile } from '../src/index.ts';

describe('lockFile', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses a second holder and lets one in after the first has let go', () => {
    const path = join(directory, 'lock');
    const first = lockFile(path);
    expect(() => lockFile(path)).toThrow(expect.objectContaining({ code: 'busy' }));
    first.release();
    lockFile(path).release();
  });

  it('is free again after its holder was killed', async () => {
    const path = join(directory, 'lock');
    const program = join(directory, 'holder.ts');
    const source = new URL('../src/index.ts', import.meta.url).href;
    writeFileSync(
      program,
      `import { lockFile } from ${JSON.stringify(source)};\nlockFile(process.argv[2]);\nprocess.send('held');\nsetInterval(() => {}, 1000);\n`,
    );
    const child = fork(program, [path], { execArgv: [] });
    await once(child, 'message');
    expect(() => lockFile(path)).toThrow(expect.objectContaining({ code: 'busy' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockFile(path).release();
  });

  it('says when the place cannot be written to', () => {
    expect(() => lockFile(join(directory, 'missing', 'lock'))).toThrow(
      expect.objectContaining({ code: 'cannot_open' }),
    );
  });
});
