import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningProduct {
  readonly pid: number;
  readonly baseUrl: string;
  readonly adminKey: string;
  /** From spawning the process until `/readyz` answered 200, in milliseconds. */
  readonly coldStartMs: number;
  /** Ends the process and deletes its data. */
  stop(): Promise<void>;
}

const main = new URL('../apps/standalone/src/main.ts', import.meta.url).pathname;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
};

const untilReady = async (url: string, child: ChildProcess, deadlineMs: number): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the product ended with code ${child.exitCode} before it was ready`);
    if (performance.now() > deadlineMs) throw new Error('the product was not ready within 20 seconds');
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/**
 * Starts the embedded product without the demo in a process of its own, on an empty data directory (or a given one, which
 * is then kept).
 */
export const startProduct = async (dataDir?: string): Promise<RunningProduct> => {
  const directory = dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const port = await freePort();
  const internalPort = await freePort();
  const adminKey = 'bench-only-administrator-key-0123456789';
  const started = performance.now();
  const child = spawn(process.execPath, [main, '--no-demo'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      GATEHOUSE_PORT: String(port),
      GATEHOUSE_INTERNAL_PORT: String(internalPort),
      GATEHOUSE_BASE_URL: `http://localhost:${port}`,
      GATEHOUSE_DATA_DIR: directory,
      GATEHOUSE_ADMIN_KEY: adminKey,
      GATEHOUSE_RATE_LIMIT: 'off',
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the product could not be spawned');
  const baseUrl = `http://localhost:${port}`;
  await untilReady(`http://127.0.0.1:${port}/readyz`, child, started + 20_000);
  return {
    pid,
    baseUrl,
    adminKey,
    coldStartMs: performance.now() - started,
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      if (dataDir === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
};
