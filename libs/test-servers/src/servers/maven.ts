import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ServerError } from './server.ts';

const run = promisify(execFile);
const home = join(import.meta.dirname, '../../java');
const cache = join(import.meta.dirname, '../../../../node_modules/.cache/gatehouse-test-servers');
/** A first download over a slow line, in milliseconds. */
const downloadLimitMs = 240_000;

/** A server in Java: the folder with its pom.xml, and a class of our own to compile if it has one. */
export interface JavaServer {
  readonly name: 'kafka' | 'mongo';
  readonly source?: string;
}

/**
 * The class path of a server in Java. Its jars come from Maven Central once and stay in node_modules/.cache, as does our
 * compiled class; what the folder's name stands for is all that decides their content.
 *
 * @throws ServerError `server_unavailable` when a tool is missing or nothing can be downloaded
 */
export async function javaClassPath({ name, source }: JavaServer): Promise<string> {
  const inputs = [join(home, name, 'pom.xml'), ...(source === undefined ? [] : [join(home, name, source)])];
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(readFileSync(input));
  const ready = join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
  requireTool('java', 'a Java runtime, 17 or newer');
  if (!existsSync(ready)) await build({ name, ...(source === undefined ? {} : { source }) }, ready);
  return [join(ready, 'lib/*'), join(ready, 'classes')].join(delimiter);
}

async function build({ name, source }: JavaServer, ready: string): Promise<void> {
  requireTool('mvn', 'Maven');
  if (source !== undefined) requireTool('javac', 'a JDK, 17 or newer');
  await mkdir(cache, { recursive: true });
  // Beside the place where it will be, then moved there whole: two who build at once do not meet half a folder.
  const folder = await mkdtemp(`${ready}.`);
  const lib = join(folder, 'lib');
  try {
    await execute('mvn', [
      ...['-q', '-B', '-f', join(home, name, 'pom.xml')],
      ...['org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies', `-DoutputDirectory=${lib}`],
    ]);
    if (source !== undefined) {
      const classes = join(folder, 'classes');
      await execute('javac', ['--release', '17', '-cp', join(lib, '*'), '-d', classes, join(home, name, source)]);
    }
    await rename(folder, ready).catch((error: unknown) => {
      if (!existsSync(ready)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function execute(command: string, args: readonly string[]): Promise<void> {
  try {
    await run(command, args, { timeout: downloadLimitMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    const { stdout = '', stderr = '', killed } = cause as { stdout?: string; stderr?: string; killed?: boolean };
    const said = `${stdout}${stderr}`.split('\n').find((line) => line.includes('ERROR') || line.includes('error'));
    const why = killed === true ? `took longer than ${downloadLimitMs / 1_000} s` : (said ?? 'failed').trim();
    throw new ServerError('server_unavailable', `${command}: ${why}`, { cause });
  }
}

function requireTool(command: string, what: string): void {
  if (findProgram(command) === undefined)
    throw new ServerError('server_unavailable', `${what} (${command}) is missing`);
}

/** The file that a command stands for on this PATH; undefined when there is none that can be run. */
export function findProgram(command: string, path: string = process.env.PATH ?? ''): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders
    .map((folder) => join(folder, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
