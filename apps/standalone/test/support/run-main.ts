import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inheritedEnvironment } from '@gatehouse/test-servers';

const root = join(import.meta.dirname, '../../../..');

export const mainEntry = join(root, 'apps/standalone/src/main.ts');

export interface EndedRun {
  readonly code: number | undefined;
  readonly stdout: string;
  /** Lines of standard error without the empty ones. */
  readonly errorLines: readonly string[];
}

export interface RunOptions {
  readonly entry?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * Runs one of the product's programs to its end, for starts that cannot be and for commands.
 * @throws when it has not ended by itself in time (15,000 ms unless told)
 */
export const runToEnd = async (options: RunOptions): Promise<EndedRun> => {
  const { entry = mainEntry, args = [], env = {}, timeoutMs = 15_000 } = options;
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: root,
    env: { ...inheritedEnvironment(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? undefined));
  });
  clearTimeout(timer);
  if (isLate) throw new Error(`it did not end in ${timeoutMs} ms:\n${written.stdout}${written.stderr}`);
  return { code, stdout: written.stdout, errorLines: written.stderr.split('\n').filter((line) => line !== '') };
};
