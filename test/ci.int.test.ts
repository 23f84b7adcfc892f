import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** .ci/run with an `npm` that says what the test wants to hear. */
const root = dirname(import.meta.dirname);
const clean = { auditReportVersion: 2, vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } };
const vulnerable = {
  auditReportVersion: 2,
  vulnerabilities: { fastify: { severity: 'high', range: '<5.0.1' } },
  metadata: { vulnerabilities: { high: 1, total: 1 } },
};

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'gatehouse-ci-'));
  for (const file of ['.ci/run', 'scripts/audit.mjs']) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(join(root, file), join(clone, file));
  }
  writeFileSync(join(clone, 'package-lock.json'), '{ "packages": {} }');
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

interface Npm {
  /** What `npm test` prints, and its exit code. */
  readonly tests?: string;
  readonly code?: number;
  /** What `npm audit --json` prints. */
  readonly audit?: object;
}

function program(folder: string, name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}

function ci({ tests = '\n10 passed, 0 failed', code = 0, audit = clean }: Npm) {
  const programs = join(clone, 'programs');
  mkdirSync(programs);
  writeFileSync(join(clone, 'tests.txt'), `${tests}\n`);
  writeFileSync(join(clone, 'audit.json'), JSON.stringify(audit));
  const answers = `test) cat tests.txt; echo "CI=$CI $NX_DAEMON"; exit ${code} ;; audit) cat audit.json ;; *) echo "npm $*" ;;`;
  program(programs, 'npm', `case "$1" in ${answers} esac`);
  // What is on the PATH, and a browser that is named, are taken for there: nothing is installed for this test.
  for (const name of ['redis-server', 'java', 'javac', 'mvn']) program(programs, name, 'exit 0');
  const { status, stdout } = spawnSync(join(clone, '.ci/run'), {
    encoding: 'utf8',
    env: { PATH: `${programs}:${dirname(process.execPath)}:${process.env.PATH}`, GATEHOUSE_CHROMIUM: '/bin/true' },
  });
  return { status, stdout, closing: stdout.trimEnd().split('\n').at(-1) };
}

describe('.ci/run', () => {
  it('counts the audit and the lockfile beside the tests', () => {
    expect(ci({})).toMatchObject({ status: 0, closing: '12 passed, 0 failed' });
  });

  it('hands on what was skipped', () => {
    const tests = '\n10 passed, 0 failed, 3 skipped';
    expect(ci({ tests })).toMatchObject({ status: 0, closing: '12 passed, 0 failed, 3 skipped' });
  });

  it('runs the tests as CI and without a background process', () => {
    expect(ci({}).stdout).toContain('CI=true false');
  });

  it('has servers ready before the tests begin', () => {
    const { stdout } = ci({});
    const order = ['npm run --silent setup', 'prepare-servers', '10 passed'].map((words) => stdout.indexOf(words));
    expect(order.every((at, index) => at > (order[index - 1] ?? -1))).toBe(true);
  });

  it.each<[string, Npm, string]>([
    ['a test fails', { tests: '9 passed, 1 failed', code: 1 }, '11 passed, 1 failed'],
    ['npm test fails though no test did', { code: 1 }, '12 passed, 1 failed'],
    ['npm test never comes to its end', { tests: 'Error: out of memory', code: 134 }, '2 passed, 1 failed'],
    ['a vulnerability is known', { audit: vulnerable }, '11 passed, 1 failed'],
    ['the audit cannot be done', { audit: { message: 'connect ECONNREFUSED' } }, '11 passed, 1 failed'],
  ])('fails when %s', (_what, npm, closing) => {
    expect(ci(npm)).toMatchObject({ status: 1, closing });
  });

  it('names what is vulnerable', () => {
    expect(ci({ audit: vulnerable }).stdout).toContain('audit: 1 known vulnerabilities: fastify <5.0.1 (high).');
  });

  it('says that a registry answers no audits, and counts that as nothing', () => {
    const result = ci({ audit: { message: 'Method Not Allowed', statusCode: 405 } });
    expect(result).toMatchObject({ status: 0, closing: '11 passed, 0 failed' });
    expect(result.stdout).toMatch(/^audit: not checked: this registry answers no audits \(405\)\.$/m);
  });

  it('fails when the lockfile carries download addresses', () => {
    const entry = { 'node_modules/a': { resolved: 'https://registry.example/a.tgz' } };
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ packages: entry }, undefined, 2));
    expect(ci({})).toMatchObject({ status: 1, closing: '11 passed, 1 failed' });
  });
});
