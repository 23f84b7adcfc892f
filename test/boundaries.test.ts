import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import boundaries from '../.dependency-cruiser.mjs';

/**
 * A small tree of files that each break a rule, beside files that do what is allowed. The cruiser runs over it once
 * with the repository's own rules; each test then looks at what was said about one file.
 */
const root = dirname(import.meta.dirname);
const config = join(root, '.dependency-cruiser.mjs');
const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

const everyLibrary = [
  'contracts',
  'sqlite',
  'event-log',
  'aggregate-store',
  'login-state',
  'keyring',
  'saml',
  'service-kit',
  'test-servers',
];
const everyApp = ['connector-registry', 'user-directory', 'auth-gateway', 'console', 'standalone', 'practice-idp'];
const packages = ['@node-saml/node-saml', 'kafkajs', 'mongoose', 'ioredis', 'react', 'left-out'];
const adapters = ['sqlite', 'kafka', 'redis', 'mongodb'];

/** What is forbidden: the file, the import in it, and the rule that must name it. */
const forbidden: readonly (readonly [file: string, imported: string, rule: string])[] = [
  ['libs/contracts/src/up.ts', '@gatehouse/event-log', 'layers-contracts'],
  ['libs/sqlite/src/up.ts', '@gatehouse/event-log', 'layers-sqlite'],
  ['libs/event-log/src/up.ts', '@gatehouse/aggregate-store', 'layers-event-log'],
  ['libs/aggregate-store/src/up.ts', '@gatehouse/service-kit', 'layers-aggregate-store'],
  ['libs/login-state/src/side.ts', '@gatehouse/aggregate-store', 'layers-login-state'],
  ['libs/keyring/src/side.ts', '@gatehouse/event-log', 'layers-keyring'],
  ['libs/saml/src/side.ts', '@gatehouse/keyring', 'layers-saml'],
  ['libs/service-kit/src/side.ts', '@gatehouse/saml', 'layers-service-kit'],
  ['libs/test-servers/src/side.ts', '@gatehouse/service-kit', 'layers-test-servers'],
  ['libs/newcomer/src/index.ts', '@gatehouse/keyring', 'layers-newcomer'],
  ['libs/service-kit/src/to-app.ts', '@gatehouse/auth-gateway', 'libraries-know-no-app'],
  ['apps/auth-gateway/src/to-service.ts', '@gatehouse/user-directory', 'apps-meet-in-contracts'],
  ['apps/user-directory/src/types.ts', '@gatehouse/connector-registry', 'apps-meet-in-contracts'],
  ['apps/practice-idp/src/to-standalone.ts', '@gatehouse/standalone', 'apps-meet-in-contracts'],
  ['apps/auth-gateway/test/with-service.test.ts', '@gatehouse/user-directory', 'services-meet-in-standalone'],
  ['libs/saml/test/with-service.test.ts', '@gatehouse/auth-gateway', 'services-meet-in-standalone'],
  ['apps/standalone/src/inside.ts', '../../auth-gateway/src/routes.ts', 'through-the-front-door'],
  ['apps/standalone/test/inside.test.ts', '../../auth-gateway/src/routes.ts', 'through-the-front-door'],
  ['test/inside.test.ts', '../apps/auth-gateway/src/routes.ts', 'through-the-front-door'],
  ['bench/inside.ts', '../libs/event-log/src/port.ts', 'through-the-front-door'],
  ['apps/auth-gateway/src/by-path.ts', '../../../libs/contracts/src/index.ts', 'by-package-name'],
  ['apps/auth-gateway/src/to-inside.ts', '@gatehouse/event-log/src/port.ts', 'resolvable'],
  ['apps/auth-gateway/src/missing.ts', './not-there.ts', 'resolvable'],
  ['apps/auth-gateway/src/undeclared.ts', 'left-out', 'declared'],
  ['libs/keyring/src/development.ts', 'vitest', 'no-development-package-in-production'],
  ['apps/practice-idp/src/undeclared.ts', '@gatehouse/saml', 'declared-practice-idp'],
  ['apps/practice-idp/src/development.ts', '@gatehouse/keyring', 'declared-practice-idp'],
  ['libs/event-log/src/port-to-adapter.ts', './sqlite/index.ts', 'adapters-are-wired'],
  ['apps/auth-gateway/src/to-adapter.ts', '@gatehouse/event-log/sqlite', 'adapters-are-wired'],
  ['libs/login-state/src/redis/mixed.ts', '@gatehouse/event-log/sqlite', 'adapters-keep-to-their-technology'],
  ['libs/aggregate-store/src/port-to-sqlite.ts', '@gatehouse/sqlite', 'sqlite-behind-adapters'],
  ['apps/user-directory/src/to-sqlite.ts', '@gatehouse/sqlite', 'sqlite-behind-adapters'],
  ['apps/auth-gateway/src/to-node-saml.ts', '@node-saml/node-saml', 'confined-node-saml'],
  ['libs/event-log/src/to-kafkajs.ts', 'kafkajs', 'confined-kafkajs'],
  ['apps/user-directory/src/main.ts', 'mongoose', 'confined-mongoose'],
  ['libs/login-state/src/sqlite/to-ioredis.ts', 'ioredis', 'confined-ioredis'],
  ['libs/event-log/src/sqlite/to-node.ts', 'node:sqlite', 'confined-node-sqlite'],
  ['apps/console/src/to-service-kit.ts', '@gatehouse/service-kit', 'console-runs-in-browsers'],
  ['apps/console/src/to-node.ts', 'node:fs', 'console-without-node'],
  ['apps/console/src/view-to-node.tsx', 'node:crypto', 'console-without-node'],
  ['libs/service-kit/src/to-servers.ts', '@gatehouse/test-servers', 'test-code-in-tests'],
  ['apps/auth-gateway/src/to-conformance.ts', '@gatehouse/event-log/conformance', 'test-code-in-tests'],
  ['apps/auth-gateway/src/to-test.ts', '../test/given.ts', 'test-code-in-tests'],
  ['libs/saml/src/cycle.ts', './cycle.ts', 'no-cycles'],
];

/** What is allowed, each beside the forbidden thing that it resembles. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['libs/event-log/src/down.ts', '@gatehouse/contracts'],
  ['libs/service-kit/src/down.ts', '@gatehouse/keyring'],
  ['libs/login-state/src/sqlite/same.ts', '@gatehouse/event-log/sqlite'],
  ['libs/event-log/src/sqlite/below.ts', '@gatehouse/sqlite'],
  ['libs/sqlite/src/database.ts', 'node:sqlite'],
  ['libs/saml/src/node-saml.ts', '@node-saml/node-saml'],
  ['libs/event-log/src/kafka/client.ts', 'kafkajs'],
  ['libs/aggregate-store/src/mongodb/client.ts', 'mongoose'],
  ['libs/login-state/src/redis/client.ts', 'ioredis'],
  ['libs/event-log/src/conformance/suite.ts', 'vitest'],
  ['libs/event-log/test/adapter.test.ts', '@gatehouse/event-log/sqlite'],
  ['libs/saml/test/servers.test.ts', '@gatehouse/test-servers'],
  ['libs/saml/test/practice.test.ts', '@gatehouse/practice-idp'],
  ['apps/auth-gateway/src/main.ts', '@gatehouse/event-log/sqlite'],
  ['apps/auth-gateway/src/projection.ts', '@gatehouse/sqlite'],
  ['apps/standalone/src/services.ts', '@gatehouse/user-directory'],
  ['apps/standalone/src/adapters.ts', '@gatehouse/login-state/sqlite'],
  ['apps/standalone/test/services.test.ts', '@gatehouse/auth-gateway'],
  ['apps/console/src/contracts.ts', '@gatehouse/contracts'],
  ['apps/console/src/view.tsx', 'react'],
  ['bench/login.ts', '@gatehouse/standalone'],
];

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

let directory: string;
let violations: readonly Violation[];

beforeAll(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-boundaries-')));
  writeTree();
  violations = await cruise(directory, ['libs', 'apps', 'test', 'bench']);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a forbidden import fails', () => {
  it.each(forbidden)('%s importing %s breaks %s', (file, _imported, rule) => {
    expect(rulesBrokenBy(file)).toContain(rule);
  });

  it('for every rule there is', () => {
    const shown = new Set(forbidden.map(([, , rule]) => rule));
    const perWorkspace = /^declared-/;
    const rules = boundaries.forbidden.map(({ name }) => name).filter((name) => !perWorkspace.test(name));
    expect(rules.filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe('an allowed import passes', () => {
  it.each(allowed)('%s importing %s', (file) => {
    expect(rulesBrokenBy(file)).toEqual([]);
  });
});

describe('the repository', () => {
  it('keeps to its own rules', async () => {
    const found = await cruise(root, ['.']);
    expect(found.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });
});

function rulesBrokenBy(file: string): string[] {
  return violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);
}

/** Runs the cruiser in `cwd`, as `npm run boundaries` does; a finding is its result, anything else throws. */
async function cruise(cwd: string, targets: readonly string[]): Promise<readonly Violation[]> {
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [depcruise, '--config', config, '--output-type', 'json', ...targets],
      { cwd, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => (stdout === '' ? reject(error ?? new Error(stderr)) : resolve(stdout)),
    );
  });
  const { summary } = JSON.parse(output) as { summary: { totalCruised: number; violations: Violation[] } };
  // A cruise that looked at nothing would agree with everything.
  expect(summary.totalCruised).toBeGreaterThan(50);
  return summary.violations;
}

function writeTree(): void {
  const names = [...everyLibrary, 'newcomer', ...everyApp].map((name) => `@gatehouse/${name}`);
  write(
    'package.json',
    JSON.stringify({ name: 'fixture', workspaces: ['libs/*', 'apps/*'], devDependencies: { vitest: '*' } }),
  );
  for (const name of [...packages, 'vitest']) writePackage(join('node_modules', name), { name, exports: './index.js' });
  for (const name of [...everyLibrary, 'newcomer']) writeWorkspace('libs', name, names);
  for (const name of everyApp) writeWorkspace('apps', name, name === 'practice-idp' ? [] : names);
  write('libs/event-log/src/port.ts', 'export const port = 1;\n');
  write('apps/auth-gateway/src/routes.ts', 'export const routes = 1;\n');
  write('apps/auth-gateway/test/given.ts', 'export const given = 1;\n');
  for (const [file, imported] of [...forbidden, ...allowed]) {
    const markup = file.endsWith('.tsx') ? 'export const View = () => <p ref={used}>{String(used)}</p>;\n' : '';
    write(file, `import * as imported from '${imported}';\nexport const used = imported;\n${markup}`);
  }
}

/** A workspace that declares everything, so that a rule about layers is seen without the one about declarations. */
function writeWorkspace(folder: 'libs' | 'apps', name: string, declared: readonly string[]): void {
  const exported = Object.fromEntries(
    [...adapters, 'conformance'].map((part) => [`./${part}`, `./src/${part}/index.ts`]),
  );
  const dependencies = Object.fromEntries(
    [...declared, ...packages.filter((known) => known !== 'left-out')].map((known) => [known, '*']),
  );
  writePackage(join(folder, name), {
    name: `@gatehouse/${name}`,
    exports: { '.': './src/index.ts', ...exported },
    dependencies,
    devDependencies: { '@gatehouse/keyring': '*' },
  });
  for (const part of ['', ...adapters, 'conformance']) {
    write(join(folder, name, 'src', part, 'index.ts'), 'export const here = 1;\n');
  }
  const link = join(directory, 'node_modules/@gatehouse', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(directory, folder, name), link, 'dir');
}

function writePackage(folder: string, manifest: object): void {
  write(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', type: 'module', ...manifest }));
  if (folder.startsWith('node_modules')) write(join(folder, 'index.js'), 'export const here = 1;\n');
}

function write(file: string, text: string): void {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
