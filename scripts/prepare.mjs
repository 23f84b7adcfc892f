/**
 * Brings a clone to where `npm start` and `npm test` can run: installs the packages that package-lock.json names and
 * builds the console, each only when something changed since the last time. Runs before anything is installed, so it is
 * plain JavaScript for the Node that happens to be there (20 or newer) and imports nothing but Node.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (/** @type {string[]} */ ...parts) => join(root, ...parts);
const modules = at('node_modules');
const installStamp = join(modules, '.gatehouse-stamp');
const consoleStamp = join(modules, '.gatehouse-console-stamp');

/** Everything that can end up in the built console. */
const consoleSources = [
  'apps/console',
  'libs/contracts/src',
  'libs/contracts/package.json',
  'package-lock.json',
  'tsconfig.base.json',
];

/** A reason to stop that the reader can act on: printed as one line, without a stack. */
class Obstacle extends Error {}

/** @param {string} line */
function say(line) {
  process.stdout.write(`gatehouse: ${line}\n`);
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= oldestNode) return;
  throw new Obstacle(`Node ${oldestNode} or newer is needed to set up; this is ${process.version}.`);
}

function installIfNeeded() {
  const lockfile = readFileSync(at('package-lock.json'));
  // The packages hold binaries, so a folder that was copied to another platform is as good as missing.
  const wanted = createHash('sha256').update(lockfile).update(`${process.platform} ${process.arch}`).digest('hex');
  if (existsSync(at('node_modules', '.bin', 'node'))) {
    if (readIfThere(installStamp) === wanted) return;
    if (isInstalled(lockfile)) return void writeFileSync(installStamp, wanted);
  }
  say('installing packages (npm ci); the first time this takes a minute or two …');
  rmSync(installStamp, { force: true });
  const started = Date.now();
  const { status, output } = runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) throw new Obstacle(whyInstallFailed(output));
  writeFileSync(installStamp, wanted);
  say(`packages installed in ${seconds(started)}.`);
}

/**
 * Whether npm itself installed exactly what the lockfile names, for instance when somebody ran `npm ci` by hand. npm
 * writes its record of the folder last, so a half-finished installation has none.
 * @param {Buffer} lockfile
 */
function isInstalled(lockfile) {
  const record = readIfThere(join(modules, '.package-lock.json'));
  if (record === undefined) return false;
  const wanted = packagesOf(lockfile.toString('utf8'));
  const present = packagesOf(record);
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || !path.includes('node_modules/')) return true;
    const there = present[path];
    // Packages for other platforms are optional and rightly absent.
    if (there === undefined) return entry.optional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

/**
 * @param {string} text
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>}
 */
function packagesOf(text) {
  try {
    return JSON.parse(text).packages ?? {};
  } catch {
    return {};
  }
}

/** @param {string} output */
function whyInstallFailed(output) {
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(output)) {
    return 'the packages could not be downloaded: npm cannot reach its registry. Check the network (or `npm config get registry`) and try again.';
  }
  if (/ENOSPC/.test(output)) return 'the packages could not be installed: the disk is full.';
  if (/EACCES|EPERM|EROFS/.test(output)) return `the packages could not be installed: ${modules} cannot be written.`;
  if (/can only install packages when your package.json and package-lock.json/.test(output)) {
    return 'package.json and package-lock.json do not agree: run `npm install` and commit the lockfile.';
  }
  return '`npm ci` failed; what it said stands above.';
}

function buildConsoleIfNeeded() {
  const wanted = hashOf(consoleSources);
  const isBuilt = existsSync(at('apps/console/dist/index.html'));
  if (isBuilt && readIfThere(consoleStamp) === wanted) return;
  say('building the console …');
  rmSync(consoleStamp, { force: true });
  const started = Date.now();
  const { status } = runNpm(['run', 'build', '--silent', '--workspace', '@gatehouse/console']);
  if (status !== 0) throw new Obstacle('the console could not be built; what the build said stands above.');
  writeFileSync(consoleStamp, wanted);
  say(`console built in ${seconds(started)}.`);
}

/**
 * One hash over the names and contents of files and folders.
 * @param {readonly string[]} paths
 */
function hashOf(paths) {
  const hash = createHash('sha256');
  const files = paths.flatMap((path) => filesUnder(path)).sort();
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(at(file)))
      .update('\0');
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  if (!existsSync(at(path))) return [];
  const entries = readDirectory(at(path));
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => !['node_modules', 'dist', 'test', 'screenshots', 'coverage'].includes(entry.name))
    .flatMap((entry) => {
      const inner = `${path}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(inner) : [inner];
    });
}

/** @param {string} path */
function readDirectory(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Runs npm with its output where the reader sees it, and hands back what went to standard error. The repository's own
 * Node is taken off the PATH while packages are replaced: npm must not run on a program that it is about to delete.
 * @param {readonly string[]} args
 */
function runNpm(args) {
  const ownBinaries = `${sep}node_modules${sep}.bin`;
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => args[0] !== 'ci' || !folder.endsWith(ownBinaries))
    .join(delimiter);
  const result = spawnSync('npm', args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error) {
    const isMissing = 'code' in result.error && result.error.code === 'ENOENT';
    throw new Obstacle(
      isMissing ? 'npm is not on the PATH; it comes with Node.' : `npm could not be run: ${result.error.message}`,
    );
  }
  process.stderr.write(result.stderr);
  return { status: result.status, output: result.stderr };
}

/** @param {number} started */
function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

try {
  checkNode();
  installIfNeeded();
  buildConsoleIfNeeded();
} catch (error) {
  if (!(error instanceof Obstacle)) throw error;
  process.stderr.write(`gatehouse: ${error.message}\n`);
  process.exitCode = 1;
}
