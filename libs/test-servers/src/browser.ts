import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { isContinuousIntegration } from './environment.ts';

export type { Browser, BrowserContext, Page } from 'playwright-core';

/** A Chromium that is on this machine, and how it was found. */
export interface InstalledBrowser {
  readonly path: string;
  readonly source: 'GATEHOUSE_CHROMIUM' | 'PATH' | 'applications' | 'playwright';
}

export interface BrowserOptions {
  /** More command-line switches, for instance `--host-resolver-rules=MAP *.example 127.0.0.1`. */
  readonly args?: readonly string[];
  /** Where to look, `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where the one line about the browser goes, standard error unless given. */
  readonly say?: (line: string) => void;
}

/** No Chromium was found. Integration tests may skip on a laptop; in CI this is a failure. */
export class BrowserMissingError extends Error {
  readonly code = 'browser_missing';

  constructor(reason: string) {
    super(reason);
    this.name = 'BrowserMissingError';
  }
}

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A test's browser talks to the servers of the test and to nobody else. */
const quietSwitches = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
];

/**
 * Finds a Chromium: the one that `GATEHOUSE_CHROMIUM` names, else one on the PATH, else an application, else the one in
 * Playwright's own cache.
 *
 * @throws BrowserMissingError (`browser_missing`) when `GATEHOUSE_CHROMIUM` names a file that cannot be run: a setting
 * that is wrong is never passed over in silence.
 */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): InstalledBrowser | undefined {
  const named = env.GATEHOUSE_CHROMIUM;
  if (named) {
    if (!isExecutable(named)) throw new BrowserMissingError(`GATEHOUSE_CHROMIUM names ${named}, which cannot be run.`);
    return { path: named, source: 'GATEHOUSE_CHROMIUM' };
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable);
  if (onPath !== undefined) return { path: onPath, source: 'PATH' };
  const application = applications.find(isExecutable);
  if (application !== undefined) return { path: application, source: 'applications' };
  const cached = chromium.executablePath();
  return isExecutable(cached) ? { path: cached, source: 'playwright' } : undefined;
}

/**
 * Whether tests that need a browser have to be skipped: there is none, and this is not CI. With `CI` set they run and
 * fail instead. Use it as `describe.skipIf(mustSkipBrowserTests())`, so that the skip is counted.
 */
export function mustSkipBrowserTests(env: NodeJS.ProcessEnv = process.env): boolean {
  return !isContinuousIntegration(env) && findBrowser(env) === undefined;
}

/**
 * Starts a headless Chromium and says in one line which. The caller closes it.
 *
 * @throws BrowserMissingError (`browser_missing`) when there is none.
 */
export async function launchBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const env = options.env ?? process.env;
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  const found = findBrowser(env);
  if (found === undefined) throw new BrowserMissingError(missingReason(env));
  // Chromium refuses to sandbox itself for the superuser, whom containers and CI often are.
  const isSuperuser = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: found.path,
    headless: true,
    chromiumSandbox: !isSuperuser,
    args: [...quietSwitches, ...(isSuperuser ? ['--no-sandbox'] : []), ...(options.args ?? [])],
    timeout: 30_000,
  });
  say(`Browser: Chromium ${browser.version()} at ${found.path} (found by ${found.source}).`);
  return browser;
}

function missingReason(env: NodeJS.ProcessEnv): string {
  const advice = 'Install Chromium (Debian: apt-get install chromium) or set GATEHOUSE_CHROMIUM to its path.';
  const where = 'No Chromium on the PATH, among the applications or in Playwright’s cache.';
  return isContinuousIntegration(env) ? `${where} In CI this is a failure. ${advice}` : `${where} ${advice}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
