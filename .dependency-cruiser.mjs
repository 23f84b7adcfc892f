/**
 * Who may import whom. `npm run boundaries` holds the tree to these rules, test/boundaries.test.ts shows that each of
 * them bites. Paths are relative to the directory the tool runs in.
 *
 *   apps → libs; only standalone → other apps, through their index; libs → libs only downwards
 *   an adapter (src/sqlite, src/kafka, src/mongodb, src/redis) is chosen where a process is wired, never in a service
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Compiler } from '@swc/core';

// dependency-cruiser 17 has SWC parse every file as TypeScript without JSX, and so stops at the first .tsx file. Its
// options cannot say otherwise; here SWC itself goes by the name of the file.
const { parseFileSync } = Compiler.prototype;
Object.assign(Compiler.prototype, {
  /** @this {Compiler} @param {string} file @param {import('@swc/core').ParseOptions} options */
  parseFileSync(file, options) {
    return parseFileSync.call(this, file, { ...options, tsx: file.endsWith('.tsx') });
  },
});

/**
 * Each library and the libraries below it. One that is missing here may import none.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const below = {
  contracts: [],
  sqlite: ['contracts'],
  'event-log': ['contracts', 'sqlite'],
  'aggregate-store': ['contracts', 'sqlite', 'event-log'],
  'login-state': ['contracts', 'sqlite', 'event-log'],
  keyring: ['contracts'],
  saml: ['contracts'],
  'service-kit': ['contracts', 'event-log', 'aggregate-store', 'keyring'],
  'test-servers': ['contracts'],
};

/** Packages that belong to one technology, and the only source folder that may know it. */
const confined = [
  { name: 'node-saml', modules: '(^|/)node_modules/@node-saml/', home: '^libs/saml/src/' },
  { name: 'kafkajs', modules: '(^|/)node_modules/kafkajs/', home: '^libs/[^/]+/src/kafka/' },
  { name: 'mongoose', modules: '(^|/)node_modules/(mongoose|mongodb)/', home: '^libs/[^/]+/src/mongodb/' },
  { name: 'ioredis', modules: '(^|/)node_modules/ioredis/', home: '^libs/[^/]+/src/redis/' },
  { name: 'node-sqlite', modules: '^(node:)?sqlite$', home: '^libs/sqlite/src/' },
];

const adapterFolders = 'sqlite|kafka|mongodb|redis';
/** Code that never runs in production: tests, benchmarks, examples, the suites that adapters are held to. */
const tests = '^(libs|apps)/[^/]+/(test|testing|golden)/|^(test|bench|examples|scripts)/|^libs/[^/]+/src/conformance/';
/** Files that wire a process, and so choose its adapters. */
const wiring = '^apps/[^/]+/src/(main|commands/[^/]+)\\.ts$|^apps/standalone/src/';

const libraries = workspaces('libs');
/** @param {string} text */
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** @param {readonly string[]} names */
const anyOf = (names) => (names.length === 0 ? '(?!)' : `(${names.map(literal).join('|')})`);

/** @param {string} folder */
function workspaces(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'package.json')));
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {{ exports?: Record<string, unknown>, dependencies?: object }}
 */
function manifest(folder, name) {
  return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
}

/**
 * The files that a workspace shows to others, as patterns: what its package.json exports.
 * @param {string} folder
 */
function entryPoints(folder) {
  return workspaces(folder).flatMap((name) =>
    Object.values(manifest(folder, name).exports ?? {})
      .filter((target) => typeof target === 'string')
      .map((target) => `^${literal(join(folder, name, target))}$`),
  );
}

/**
 * The workspaces that the source of a workspace may name, itself among them, as one pattern: what tests alone need is
 * declared as a development dependency and does not count.
 * @param {string} folder
 * @param {string} name
 */
function declaredWorkspaces(folder, name) {
  const declared = Object.keys(manifest(folder, name).dependencies ?? {})
    .filter((dependency) => dependency.startsWith('@gatehouse/'))
    .map((dependency) => dependency.slice('@gatehouse/'.length));
  return `^(libs|apps)/${anyOf([name, ...declared])}/`;
}

const declarations = ['libs', 'apps'].flatMap((folder) =>
  workspaces(folder).map((name) => ({
    name: `declared-${name}`,
    severity: 'error',
    comment: `${folder}/${name}/package.json declares the workspaces that its source imports.`,
    from: { path: `^${folder}/${literal(name)}/src/`, pathNot: '^libs/[^/]+/src/conformance/' },
    to: { path: '^(libs|apps)/', pathNot: declaredWorkspaces(folder, name) },
  })),
);

const layering = libraries.map((name) => ({
  name: `layers-${name}`,
  severity: 'error',
  comment: `libs/${name} imports only the libraries below it: ${(below[name] ?? []).join(', ') || 'none'}.`,
  from: { path: `^libs/${literal(name)}/src/`, pathNot: '^libs/[^/]+/src/conformance/' },
  to: { path: '^libs/', pathNot: `^libs/${anyOf([name, ...(below[name] ?? [])])}/` },
}));

const confinement = confined.map(({ name, modules, home }) => ({
  name: `confined-${name}`,
  severity: 'error',
  comment: `Only ${home} may import it.`,
  from: { pathNot: [home, '(^|/)test/', '^examples/'] },
  to: { path: modules },
}));

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that need each other are one file, or three.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'The import names nothing that is there, or a file that its package does not export.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      severity: 'error',
      comment: 'A package is used that the package.json of the workspace does not declare.',
      from: { path: '^(libs|apps)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-package-in-production',
      severity: 'error',
      comment: 'A development dependency is not there in production.',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: [tests, '^libs/test-servers/'] },
      to: { dependencyTypes: ['npm-dev'] },
    },
    ...declarations,
    ...layering,
    {
      name: 'libraries-know-no-app',
      severity: 'error',
      comment: 'apps import libs, never the other way round.',
      from: { path: '^libs/[^/]+/src/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-meet-in-contracts',
      severity: 'error',
      comment: 'Services never import one another: they meet in libs/contracts, in events, in projections.',
      from: { path: '^apps/([^/]+)/src/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'services-meet-in-standalone',
      severity: 'error',
      comment: 'A test may use the practice identity provider; tests of services together belong to apps/standalone.',
      from: { path: '^((?:libs|apps)/[^/]+/)test/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/', pathNot: ['^$1', '^apps/practice-idp/'] },
    },
    {
      name: 'through-the-front-door',
      severity: 'error',
      comment: 'A workspace is entered only by what its package.json exports.',
      from: { path: '^((?:libs|apps)/[^/]+/|[^/]+/)' },
      to: { path: '^(libs|apps)/', pathNot: ['^$1', ...entryPoints('libs'), ...entryPoints('apps')] },
    },
    {
      name: 'by-package-name',
      severity: 'error',
      comment: 'One workspace reaches another as @gatehouse/…, never by a path that breaks when it moves.',
      from: { path: '^((?:libs|apps)/[^/]+/)' },
      to: { path: '^(libs|apps)/', pathNot: '^$1', dependencyTypesNot: ['aliased-workspace'] },
    },
    {
      name: 'adapters-are-wired',
      severity: 'error',
      comment: 'Services and ports get their adapters by `deps`; only the file that wires a process chooses them.',
      from: { path: '^(libs|apps)/', pathNot: [`^libs/[^/]+/src/(${adapterFolders})/`, wiring, tests] },
      to: { path: `^libs/[^/]+/src/(${adapterFolders})/` },
    },
    {
      name: 'adapters-keep-to-their-technology',
      severity: 'error',
      comment: 'An adapter never loads another technology.',
      from: { path: `^libs/[^/]+/src/(${adapterFolders})/` },
      to: { path: `^libs/[^/]+/src/(${adapterFolders})/`, pathNot: '^libs/[^/]+/src/$1/' },
    },
    {
      name: 'sqlite-behind-adapters',
      severity: 'error',
      comment: 'Ports do not load SQLite; the gateway does for its own projection.',
      from: {
        path: '^(libs|apps)/',
        pathNot: ['^libs/sqlite/', '^libs/[^/]+/src/sqlite/', '^apps/auth-gateway/src/', wiring, tests],
      },
      to: { path: '^libs/sqlite/' },
    },
    ...confinement,
    {
      name: 'console-runs-in-browsers',
      severity: 'error',
      comment: 'The console shares the contracts with the services and nothing else.',
      from: { path: '^apps/console/src/' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/contracts/|^apps/console/' },
    },
    {
      name: 'console-without-node',
      severity: 'error',
      comment: 'There is no Node in a browser.',
      from: { path: '^apps/console/src/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'test-code-in-tests',
      severity: 'error',
      comment: 'Test servers, suites, fixtures and tests are never part of what runs in production.',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: [tests, '^libs/test-servers/'] },
      to: { path: `^libs/test-servers/|${tests}` },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|screenshots|\\.nx|\\.git|\\.gatehouse|\\.tmp)/' },
    combinedDependencies: true,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js', '.cjs', '.json', '.css'],
    },
  },
};
