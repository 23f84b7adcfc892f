import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessOptions {
  /** The file that Node runs: a path from `cwd`, or an absolute one. */
  readonly entry: string;
  readonly args?: readonly string[];
  /**
   * Settings for the process. It inherits the environment without `GATEHOUSE_*`, `NODE_OPTIONS` and what the test
   * runner sets, so that a developer's own settings never decide a test.
   */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A command in front of Node that becomes it (`exec`), with its arguments: `['setpriv', '--bounding-set=-all']`. */
  readonly launcher?: readonly string[];
  /** Ready when a line of its output matches, or when the address answers with a status below 500. */
  readonly ready: { readonly line: RegExp } | { readonly url: string };
  /** How long it may take to be ready, in milliseconds, 15,000 unless given. */
  readonly timeoutMs?: number;
}

export interface ExitStatus {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface RunningProcess {
  readonly pid: number;
  /** The line that said it is ready, with its groups; undefined when an address did. */
  readonly readyLine: RegExpMatchArray | undefined;
  /** Settles when the process is gone, however that came about. */
  readonly exited: Promise<ExitStatus>;
  /** Everything that it has written to standard output and standard error so far. */
  output(): string;
  /** Sends SIGTERM, after `graceMs` (10,000) SIGKILL, and waits for the end. Safe to call twice. */
  stop(graceMs?: number): Promise<ExitStatus>;
  /** Ends it at once, as a power cut would (SIGKILL), and waits for the end. */
  kill(): Promise<ExitStatus>;
}

export type ProcessErrorCode = 'process_not_started' | 'process_exited_early' | 'process_not_ready';

/** A process did not come up. The message ends with what it wrote. */
export class ProcessError extends Error {
  readonly code: ProcessErrorCode;

  constructor(code: ProcessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProcessError';
    this.code = code;
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Starts a Node program in a process of its own, on the Node that runs the test, and waits until it is ready.
 *
 * @throws ProcessError `process_not_started` when there is nothing to run, `process_exited_early` when it ended before it
 * was ready, `process_not_ready` when the time ran out (it is then killed).
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const [command = process.execPath, ...rest] = [...(options.launcher ?? []), process.execPath];
  const child = spawn(command, [...rest, options.entry, ...(options.args ?? [])], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...inheritedEnvironment(process.env), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = collectOutput(child);
  const exited = exitOf(child);
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.on('exit', killWithUs);
  void exited.finally(() => process.off('exit', killWithUs)).catch(() => undefined);

  const readyLine = await waitUntilReady(options, exited, written, () => child.kill('SIGKILL'));

  const stop = async (graceMs = 10_000): Promise<ExitStatus> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    return exited.finally(() => clearTimeout(timer));
  };
  const kill = async (): Promise<ExitStatus> => {
    child.kill('SIGKILL');
    return exited;
  };
  // A process that was ready had been spawned, and so has a pid.
  return { pid: child.pid as number, readyLine, exited, output: written.text, stop, kill };
}

/** The environment of a child that must not depend on who runs the tests. */
export function inheritedEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(GATEHOUSE_|VITEST|NODE_OPTIONS$|NODE_ENV$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

interface Written {
  text(): string;
  /** Calls back for every whole line from the first on. */
  onLine(listener: (line: string) => void): void;
}

function collectOutput(child: Child): Written {
  const chunks: string[] = [];
  const listeners: ((line: string) => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      chunks.push(chunk);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) for (const listener of listeners) listener(line);
    });
  }
  return { text: () => chunks.join(''), onLine: (listener) => void listeners.push(listener) };
}

/** `close` rather than `exit`: by then everything that the process wrote has been read. */
function exitOf(child: Child): Promise<ExitStatus> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new ProcessError('process_not_started', 'The process could not be started.', { cause })),
    );
    child.once('close', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
}

async function waitUntilReady(
  options: ProcessOptions,
  exited: Promise<ExitStatus>,
  written: Written,
  kill: () => void,
): Promise<RegExpMatchArray | undefined> {
  const timeoutMs = options.timeoutMs ?? 15_000;
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      'line' in options.ready ? readyByLine(written, options.ready.line) : readyByUrl(options.ready.url, signal),
      exited.then((status) => {
        const how = status.signal ?? `code ${status.code}`;
        throw new ProcessError(
          'process_exited_early',
          `${options.entry} ended (${how}) before it was ready.\n${written.text()}`,
        );
      }),
      delay(timeoutMs, undefined, { signal }).then(() => {
        throw new ProcessError(
          'process_not_ready',
          `${options.entry} was not ready in ${timeoutMs} ms.\n${written.text()}`,
        );
      }),
    ]);
  } catch (error) {
    kill();
    await exited.catch(() => undefined);
    throw error;
  } finally {
    settled.abort();
  }
}

function readyByLine(written: Written, pattern: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve) => {
    written.onLine((line) => {
      const match = line.match(pattern);
      if (match !== null) resolve(match);
    });
  });
}

async function readyByUrl(url: string, signal: AbortSignal): Promise<undefined> {
  while (!signal.aborted) {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(1_000)]);
    const status = await fetch(url, { signal: patience, redirect: 'manual' }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 599,
    );
    if (status < 500) return undefined;
    await delay(50, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}
