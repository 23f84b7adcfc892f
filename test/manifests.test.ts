import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const root = dirname(import.meta.dirname);
const workspaces = ['libs', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'package.json')))
    .map((name) => `${folder}/${name}`),
);
const exactVersion = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

describe.each(workspaces)('%s', (folder) => {
  const manifest = manifestOf(folder);

  it('is named after its folder and is never published', () => {
    expect(manifest).toMatchObject({
      name: `@gatehouse/${folder.split('/')[1]}`,
      private: true,
      type: 'module',
      license: 'Apache-2.0',
    });
  });

  it('has the targets that every project has', () => {
    const canStart = ['src/main.ts', 'src/main.tsx'].some((file) => existsSync(join(root, folder, file)));
    const expected = canStart ? ['check', 'start', 'test'] : ['check', 'test'];
    expect(Object.keys(manifest.scripts ?? {})).toEqual(expect.arrayContaining(expected));
    expect(manifest.scripts?.check).toMatch(/tsc --noEmit.* && biome check/);
  });
});

describe('dependencies', () => {
  it.each(['.', ...workspaces])('of %s are pinned exactly', (folder) => {
    const { dependencies, devDependencies } = manifestOf(folder);
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([name, version]) => !exactVersion.test(version) && !(name.startsWith('@gatehouse/') && version === '*'),
    );
    expect(loose).toEqual([]);
  });

  it('are locked, workspace by workspace, in the versions that the manifests name', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Manifest>;
    };
    for (const folder of workspaces) {
      const { dependencies = {}, devDependencies = {} } = manifestOf(folder);
      expect(packages[folder]?.dependencies ?? {}, folder).toEqual(dependencies);
      expect(packages[folder]?.devDependencies ?? {}, folder).toEqual(devDependencies);
    }
  });

  it('are locked without the address of the registry that happened to serve them', () => {
    const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
    expect(lockfile.match(/"resolved": "https?:[^"]*"/g) ?? []).toEqual([]);
    expect(lockfile.match(/"integrity": "sha512-/g)?.length).toBeGreaterThan(100);
  });
});

describe('what runs before anything is installed', () => {
  const { scripts = {} } = manifestOf('.');

  it.each(['prestart', 'pretest'])('%s sets the clone up', (script) => {
    expect(scripts[script]).toBe('node scripts/prepare.mjs');
  });

  it('is not run again by the installation itself', () => {
    const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
    expect(lifecycle.filter((name) => name in scripts)).toEqual([]);
  });
});
