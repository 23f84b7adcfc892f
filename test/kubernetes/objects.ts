import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../..');

// biome-ignore lint/suspicious/noExplicitAny: schemas and types check the objects; tests read them member by member and fail where one is missing
export type KubernetesObject = Record<string, any>;

export const parseObjects = (text: string): KubernetesObject[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });

export const describeObject = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata?.name}`;

/** Files that hold whole objects, by their path below `k8s`: what kustomize itself reads is none, nor what monitoring keeps. */
export const objectFiles = (): ReadonlyMap<string, readonly KubernetesObject[]> => {
  const paths = globSync('{base,components,overlays}/**/*.yaml', { cwd: join(root, 'k8s') });
  return new Map(
    paths
      .filter((path) => !path.endsWith('kustomization.yaml'))
      .toSorted()
      .map((path) => [path, parseObjects(readFileSync(join(root, 'k8s', path), 'utf8'))]),
  );
};

/** Programs that render an overlay, the first that this machine has. */
const renderers = [
  { program: 'kustomize', args: ['build'] },
  { program: 'kubectl', args: ['kustomize'] },
] as const;

const renderer = renderers.find(({ program }) => spawnSync(program, ['version', '--client']).error === undefined);

/** Whether overlays can be rendered here; if not, why, once for each run. */
export const canRender = (): boolean => {
  if (renderer === undefined)
    process.stderr.write(
      'kubernetes: neither kustomize nor kubectl is here: the rendered overlays are not looked at\n',
    );
  return renderer !== undefined;
};

export interface Overlays {
  render(overlay: string): readonly KubernetesObject[];
}

/**
 * A copy of the manifests with the secrets that the dev overlay wants, and with a second production overlay whose way in is
 * the Gateway API.
 */
export const overlaysIn = (folder: string): Overlays => {
  const copy = mkdtempSync(join(folder, 'k8s-'));
  cpSync(join(root, 'k8s'), copy, { recursive: true, filter: (source) => !source.endsWith('/secrets') });
  execFileSync(process.execPath, [join(root, 'docker/make-secrets.mjs'), join(copy, 'overlays/dev/secrets')]);
  const other = join(copy, 'overlays/production-gateway-api');
  cpSync(join(copy, 'overlays/production'), other, { recursive: true });
  const kustomization = join(other, 'kustomization.yaml');
  const text = readFileSync(kustomization, 'utf8');
  writeFileSync(
    kustomization,
    text
      .replace(/^ {2}- \.\.\/\.\.\/components\/ingress$/m, '')
      .replace('  # - ../../components/gateway-api', '  - ../../components/gateway-api'),
  );
  return {
    render(overlay) {
      if (renderer === undefined) throw new Error('nothing renders here');
      const { program, args } = renderer;
      return parseObjects(execFileSync(program, [...args, join(copy, 'overlays', overlay)], { encoding: 'utf8' }));
    },
  };
};

interface Model {
  new (data: object): { validate(): void };
}

/** Where the package that models Kubernetes, or that of the Gateway API, keeps an object's model. */
const modelOf = ({ apiVersion, kind }: KubernetesObject): string =>
  apiVersion.startsWith('gateway.networking.k8s.io/')
    ? `@kubernetes-models/gateway-api/${apiVersion}/${kind}`
    : `kubernetes-models/${apiVersion}/${kind}`;

/** What an object's schema says against it; nothing when all is well. */
export const schemaFaults = async (object: KubernetesObject): Promise<string | undefined> => {
  const model = (await import(modelOf(object)))[object.kind] as Model;
  try {
    new model(object).validate();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/**
 * What the compiler says against objects as values of their kinds' types. The schemas let unknown fields pass; the compiler
 * does not let them, so that a misspelt `readinessProbe` is found.
 */
export const unknownFields = (folder: string, objects: readonly KubernetesObject[]): string => {
  // Inside the repository, where the compiler finds the types.
  const cache = join(root, 'node_modules/.cache/gatehouse-manifests', folder);
  mkdirSync(cache, { recursive: true });
  const lines = objects.map(
    (object, at) =>
      `import type { I${object.kind} as T${at} } from '${modelOf(object)}';\nexport const o${at}: T${at} = ${JSON.stringify(object)};\n`,
  );
  writeFileSync(join(cache, 'objects.ts'), lines.join(''));
  writeFileSync(
    join(cache, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2024',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: [],
      },
      files: ['objects.ts'],
    }),
  );
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', cache, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: dirname(cache),
  });
  return status === 0
    ? ''
    : stdout.replaceAll(/^.*objects\.ts\((\d+),.*?\): error/gm, (_, line) => {
        const object = objects[Math.floor((Number(line) - 1) / 2)];
        return `${object === undefined ? '' : describeObject(object)}: error`;
      });
};
