import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Administer, administerAt, testAdminKey } from './administration.ts';
import { freePort } from './free-port.ts';
import { type RunningProcess, startProcess } from './process.ts';

const root = join(import.meta.dirname, '../../..');

export interface StandaloneOptions {
  /** Kept when given; else a new one that `stop` deletes. */
  readonly dataDir?: string | undefined;
  readonly port?: number | undefined;
  readonly internalPort?: number | undefined;
  /** More settings, over those that tests need. */
  readonly env?: Readonly<Record<string, string>>;
  /** `--no-demo` unless told. */
  readonly args?: readonly string[];
  /** A command in front of Node; see `startProcess`. */
  readonly launcher?: readonly string[];
}

export interface RunningStandalone {
  readonly process: RunningProcess;
  readonly baseUrl: string;
  readonly internalUrl: string;
  readonly port: number;
  readonly internalPort: number;
  readonly dataDir: string;
  /** From spawning the process until it answered on `/readyz`, in milliseconds. */
  readonly coldStartMs: number;
  readonly administer: Administer;
  /** Ends it as a user would (SIGTERM) and deletes a directory of its own. */
  stop(): Promise<void>;
}

/**
 * Starts the embedded product in a process of its own and waits until it is ready. Rate limits are off, because tests come
 * from one address; a test of them switches them on.
 * @throws ProcessError when it does not come up
 */
export async function startStandalone(options: StandaloneOptions = {}): Promise<RunningStandalone> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'gatehouse-test-')));
  const port = options.port ?? (await freePort());
  const internalPort = options.internalPort ?? (await freePort());
  const baseUrl = `http://localhost:${port}`;
  const begun = performance.now();
  const running = await startProcess({
    entry: join(root, 'apps/standalone/src/main.ts'),
    args: options.args ?? ['--no-demo'],
    cwd: root,
    ...(options.launcher === undefined ? {} : { launcher: options.launcher }),
    env: {
      // As `npm start` does: types are stripped once, not at every start.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/gatehouse'),
      GATEHOUSE_PORT: String(port),
      GATEHOUSE_INTERNAL_PORT: String(internalPort),
      GATEHOUSE_BASE_URL: baseUrl,
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_ADMIN_KEY: testAdminKey,
      GATEHOUSE_RATE_LIMIT: 'off',
      ...options.env,
    },
    ready: { url: `http://127.0.0.1:${port}/readyz` },
  });
  return {
    process: running,
    baseUrl,
    internalUrl: `http://127.0.0.1:${internalPort}`,
    port,
    internalPort,
    dataDir,
    coldStartMs: performance.now() - begun,
    administer: administerAt(port),
    async stop() {
      await running.stop();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
