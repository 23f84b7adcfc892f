/**
 * `node production-manifests.mjs <app> <to> [--with-build-tools]`: copies the manifests and the lockfile that one app needs
 * from the working directory to <to>, so that `npm ci` there installs what the app needs in production and nothing else.
 * npm counts as needed in production what a workspace needs for development, if that is a workspace itself; so the other
 * workspaces must not be there at all. With build tools, the app's own development packages stay.
 *
 * Prints the folders of the workspaces that the app consists of, one per line.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [app, to, option] = process.argv.slice(2);
if (app === undefined || to === undefined || (option !== undefined && option !== '--with-build-tools')) {
  throw new Error('Usage: node production-manifests.mjs <app> <to> [--with-build-tools]');
}
const appFolder = `apps/${app}`;

/**
 * @param {string} folder
 * @returns {{ name: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string> }}
 */
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** @type {ReadonlyMap<string, string>} Folders by the name of their package. */
const workspaces = new Map(
  ['libs', 'apps'].flatMap((kind) =>
    readdirSync(kind)
      .map((name) => `${kind}/${name}`)
      .filter((folder) => existsSync(join(folder, 'package.json')))
      .map((folder) => [manifestOf(folder).name, folder]),
  ),
);

/**
 * The folder itself and those of the workspaces that it is made of.
 * @param {string} folder
 * @param {Set<string>} found
 */
const closure = (folder, found = new Set()) => {
  if (found.has(folder)) return found;
  found.add(folder);
  for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
    const below = workspaces.get(name);
    if (below !== undefined) closure(below, found);
  }
  return found;
};

/** @param {Record<string, string>} packages */
const fromTheRegistry = (packages) =>
  Object.fromEntries(Object.entries(packages).filter(([name]) => !workspaces.has(name)));

/**
 * @param {string} folder
 * @param {object} manifest
 */
const write = (folder, manifest) => {
  mkdirSync(join(to, folder), { recursive: true });
  writeFileSync(join(to, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
};

const folders = [...closure(appFolder)].sort();
const { devDependencies: _, ...root } = manifestOf('.');
write('.', { ...root, workspaces: folders });
for (const folder of folders) {
  const { devDependencies = {}, ...manifest } = manifestOf(folder);
  const keepsTools = option !== undefined && folder === appFolder;
  write(folder, keepsTools ? { ...manifest, devDependencies: fromTheRegistry(devDependencies) } : manifest);
}
for (const file of ['package-lock.json', '.npmrc']) copyFileSync(file, join(to, file));
process.stdout.write(`${folders.join('\n')}\n`);
