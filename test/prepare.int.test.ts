import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/**
 * scripts/prepare.mjs in a small clone of its own, with an `npm` that writes down what it is asked and then does
 * what the real one would leave behind.
 */
const script = join(import.meta.dirname, '../scripts/prepare.mjs');
const lockfile = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'clone' },
      'node_modules/fastify': { version, integrity: `sha512-${version}` },
      'node_modules/only-elsewhere': { version: '1.0.0', optional: true },
    },
  });

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'gatehouse-prepare-'));
  write('package-lock.json', lockfile('5.0.0'));
  write('apps/console/package.json', '{}');
  write('apps/console/src/main.tsx', 'first');
  write('libs/contracts/src/index.ts', 'first');
  mkdirSync(join(clone, 'scripts'));
  copyFileSync(script, join(clone, 'scripts/prepare.mjs'));
  write('work/npm', npmProgram());
  chmodSync(join(clone, 'work/npm'), 0o755);
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

describe('prepare', () => {
  it('installs and builds on a fresh clone, and says so', () => {
    const { status, stdout } = prepare();
    expect(status).toBe(0);
    expect(stdout).toMatch(/installing packages[\s\S]*installed in[\s\S]*building the console[\s\S]*console built in/);
    expect(npmCalls()).toEqual([
      'ci --no-audit --no-fund --loglevel=error',
      'run build --silent --workspace @gatehouse/console',
    ]);
  });

  it('does nothing and says nothing the second time', () => {
    prepare();
    const before = npmCalls().length;
    expect(prepare()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(npmCalls()).toHaveLength(before);
  });

  it('installs again when the lockfile names other packages', () => {
    prepare();
    write('package-lock.json', lockfile('5.0.1'));
    prepare();
    expect(npmCalls().filter((call) => call.startsWith('ci'))).toHaveLength(2);
  });

  it('takes over what was installed by hand from the same lockfile', () => {
    install();
    prepare();
    expect(npmCalls().filter((call) => call.startsWith('ci'))).toEqual([]);
  });

  it.each([
    ['has no record', () => rmSync(join(clone, 'node_modules/.package-lock.json'))],
    ['has a torn record', () => write('node_modules/.package-lock.json', '{ "packages": {')],
    ['lacks the runtime', () => rmSync(join(clone, 'node_modules/.bin/node'))],
  ])('repairs a half-finished installation that %s', (_what, breakIt) => {
    install();
    breakIt();
    expect(prepare().status).toBe(0);
    expect(npmCalls()[0]).toMatch(/^ci /);
  });

  it('does not trust its stamp after an installation that failed', () => {
    prepare();
    write('package-lock.json', lockfile('5.0.1'));
    expect(prepare({ FAKE_NPM_FAILS: 'npm error ENOSPC' }).status).toBe(1);
    write('package-lock.json', lockfile('5.0.0'));
    write('node_modules/.package-lock.json', lockfile('4.0.0'));
    expect(prepare().status).toBe(0);
    expect(npmCalls().filter((call) => call.startsWith('ci'))).toHaveLength(3);
  });

  it.each(['apps/console/src/main.tsx', 'libs/contracts/src/index.ts'])(
    'builds the console again when %s changed',
    (file) => {
      prepare();
      write(file, 'second');
      prepare();
      expect(npmCalls().filter((call) => call.startsWith('run build'))).toHaveLength(2);
    },
  );

  it('does not trust what a build that failed has left', () => {
    prepare();
    write('apps/console/src/main.tsx', 'broken');
    expect(prepare({ FAKE_NPM_FAILS: 'error during build' })).toMatchObject({
      status: 1,
      stderr: 'error during build\ngatehouse: the console could not be built; what the build said stands above.\n',
    });
    write('apps/console/src/main.tsx', 'first');
    expect(prepare().stdout).toContain('console built');
  });

  it('does not build the console again for a changed test', () => {
    prepare();
    write('apps/console/test/screen.test.ts', 'new');
    expect(prepare().stdout).toBe('');
  });

  it('builds the console again when its output is gone', () => {
    prepare();
    rmSync(join(clone, 'apps/console/dist'), { recursive: true });
    prepare();
    expect(existsSync(join(clone, 'apps/console/dist/index.html'))).toBe(true);
  });
});

describe('prepare names what is in the way in one line', () => {
  it.each([
    ['there is no network', 'npm error code EAI_AGAIN', /npm cannot reach its registry/],
    ['the disk is full', 'npm error code ENOSPC', /the disk is full/],
    ['the folder cannot be written', 'npm error code EACCES', /cannot be written/],
    ['npm fails otherwise', 'npm error something', /`npm ci` failed/],
  ])('%s', (_what, complaint, expected) => {
    const { status, stderr } = prepare({ FAKE_NPM_FAILS: complaint });
    expect(status).toBe(1);
    expect(lastLine(stderr)).toMatch(/^gatehouse: /);
    expect(lastLine(stderr)).toMatch(expected);
  });

  it('there is no npm', () => {
    rmSync(join(clone, 'work/npm'));
    const { status, stderr } = prepare();
    expect(status).toBe(1);
    expect(stderr).toBe('gatehouse: npm is not on the PATH; it comes with Node.\n');
  });

  it('Node is too old', () => {
    write('old-node.mjs', "Object.defineProperty(process.versions, 'node', { value: '18.20.0' });\n");
    const { status, stderr } = prepare({ NODE_OPTIONS: `--import ${join(clone, 'old-node.mjs')}` });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^gatehouse: Node 20 or newer is needed to set up; this is v\S+\.\n$/);
  });
});

describe('the clone', () => {
  it('is set up by a program that needs nothing installed', () => {
    const imported = [...readFileSync(script, 'utf8').matchAll(/from '([^']+)'/g)].map((match) => match[1]);
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([]);
  });
});

function prepare(env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(clone, 'scripts/prepare.mjs')], {
    encoding: 'utf8',
    env: { PATH: join(clone, 'work'), ...env },
  });
}

/** What a real `npm ci` leaves behind, made by the stand-in itself but not written down as a call. */
function install(): void {
  execFileSync(join(clone, 'work/npm'), ['ci'], { env: { PATH: '' } });
  rmSync(join(clone, 'work/calls'));
}

/** The stand-in is a shell script without any program of its own: the PATH of the tests holds nothing else. */
function npmProgram(): string {
  const quoted = (path: string) => `'${join(clone, path)}'`;
  return [
    '#!/bin/sh',
    `echo "$*" >> ${quoted('work/calls')}`,
    'if [ -n "$FAKE_NPM_FAILS" ]; then echo "$FAKE_NPM_FAILS" >&2; exit 1; fi',
    'PATH=/usr/bin:/bin',
    `cd ${quoted('.')}`,
    'case "$1" in',
    '  ci) rm -rf node_modules; mkdir -p node_modules/.bin; : > node_modules/.bin/node;',
    '      cp package-lock.json node_modules/.package-lock.json',
    '      sed -i.bak \'s/,"node_modules.only-elsewhere":[^}]*}//\' node_modules/.package-lock.json ;;',
    '  run) mkdir -p apps/console/dist; : > apps/console/dist/index.html ;;',
    'esac',
    '',
  ].join('\n');
}

function npmCalls(): string[] {
  const calls = join(clone, 'work/calls');
  return existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function write(file: string, text: string): void {
  const path = join(clone, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
