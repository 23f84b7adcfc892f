import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inheritedEnvironment } from '../process.ts';
import { type Launch, type ServerControl, ServerError, type ServerPlan, startLimitMs } from './server.ts';
import { requireFree } from './server-port.ts';
import { startWatchdog } from './watchdog.ts';

/**
 * Starts a server as a process of this machine and waits until it serves. It is in a session of its own, so that Ctrl-C
 * reaches the test run and not the server behind its back; a watchdog ends it when this process ends in any way.
 *
 * @throws ServerError `server_not_started` with what it wrote; nothing is left behind then
 */
export async function startNatively(plan: ServerPlan): Promise<ServerControl> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-server-'));
  const watchdog = startWatchdog();
  const guard = (pid?: number) => watchdog.guard(`${pid === undefined ? '' : `kill -9 ${pid}; `}rm -rf '${folder}'`);
  guard();
  const log = join(folder, 'output.log');
  const output = (): Promise<string> => readFile(log, 'utf8').catch(() => '');
  let child: ChildProcess | undefined;
  let stopped: Promise<void> | undefined;

  const end = async (): Promise<void> => {
    await endChild(child, 'SIGKILL');
    watchdog.release();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };

  try {
    const launch = await plan.native({ folder, bind: '127.0.0.1' });
    await writeFiles(folder, launch);
    if (launch.prepare !== undefined) await runOnce(launch.prepare, log, output, guard);
    const start = async (): Promise<void> => {
      await requireFree(plan.ports);
      child = spawnInto(launch.command ?? [], log);
      await spawned(child);
      guard(child.pid);
      await waitUntilReady(plan, child, output);
    };
    await start();
    return {
      way: 'native',
      get pid() {
        return isRunning(child) ? child?.pid : undefined;
      },
      output,
      async kill() {
        await endChild(child, 'SIGKILL');
        guard();
      },
      pause: async () => void child?.kill('SIGSTOP'),
      resume: async () => void child?.kill('SIGCONT'),
      async restart() {
        await endChild(child, 'SIGTERM');
        guard();
        await start();
      },
      stop() {
        stopped ??= end();
        return stopped;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function writeFiles(folder: string, { files }: Launch): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
}

function spawnInto(command: readonly string[], log: string): ChildProcess {
  const [program = '', ...args] = command;
  const file = openSync(log, 'a');
  try {
    const env = inheritedEnvironment(process.env);
    return spawn(program, args, { detached: true, stdio: ['ignore', file, file], env });
  } finally {
    closeSync(file);
  }
}

async function spawned(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new ServerError('server_not_started', `${child.spawnfile} cannot be run.`, { cause });
  }
}

const isRunning = (child: ChildProcess | undefined): boolean =>
  child?.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Ends a process that may be paused or gone; waits for the end, 15 s for one in order. */
async function endChild(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === undefined || !isRunning(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exited;
  clearTimeout(timer);
}

async function runOnce(
  command: readonly string[],
  log: string,
  output: () => Promise<string>,
  guard: (pid?: number) => void,
): Promise<void> {
  const child = spawnInto(command, log);
  await spawned(child);
  guard(child.pid);
  if (isRunning(child)) await once(child, 'exit');
  guard();
  if (child.exitCode !== 0) throw new ServerError('server_not_started', `${command[0]} failed.\n${await output()}`);
}

async function waitUntilReady(plan: ServerPlan, child: ChildProcess, output: () => Promise<string>): Promise<void> {
  const limit = performance.now() + startLimitMs;
  while (performance.now() < limit) {
    if (!isRunning(child)) {
      const how = child.signalCode ?? `code ${child.exitCode}`;
      throw new ServerError('server_not_started', `${plan.label} ended (${how}) at its start.\n${await output()}`);
    }
    if (await plan.isReady()) return;
    await delay(25);
  }
  throw new ServerError('server_not_started', `${plan.label} did not serve in ${startLimitMs} ms.\n${await output()}`);
}
