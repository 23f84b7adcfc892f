import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  gatewayServiceSettings,
  kafkaSettings,
  loadSettings,
  mongoSettings,
  ownerSettings,
  SettingsError,
  type SettingsTable,
  settingsTable,
} from '@gatehouse/service-kit';
import type { KubernetesObject } from './objects.ts';

/** What each of our containers reads at its start. */
export const tables: Readonly<Record<string, SettingsTable>> = {
  'connector-registry': ownerSettings,
  'user-directory': ownerSettings,
  'auth-gateway': gatewayServiceSettings,
  topics: kafkaSettings,
  indexes: mongoSettings,
};

/** What stands in for a secret that the manifests name and do not hold. */
const sampleOf: Readonly<Record<string, string>> = {
  uri: 'mongodb://mongodb.example.com/gatehouse',
  url: 'rediss://redis.example.com',
  'admin-key': 'a-sample-of-a-key-that-is-long-enough',
  'master-keys': `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  username: 'gatehouse',
  password: 'sample',
};

const sample = (key: string): string => {
  const text = sampleOf[key];
  if (text === undefined) throw new Error(`no sample for the secret key ${key}`);
  return text;
};

/** A value of a secret; a sample where the objects name secrets and hold none; nothing for one that may be missing and is. */
const secretValue = (
  objects: readonly KubernetesObject[],
  { name, key, optional }: { readonly name: string; readonly key: string; readonly optional?: boolean },
): string | undefined => {
  const secrets = objects.filter(({ kind }) => kind === 'Secret');
  if (secrets.length === 0) return sample(key);
  const secret = secrets.find(({ metadata }) => metadata.name === name);
  if (secret === undefined && optional === true) return undefined;
  const encoded = secret?.data?.[key];
  if (encoded === undefined) throw new Error(`there is no Secret ${name} with a key ${key}`);
  return Buffer.from(encoded, 'base64').toString();
};

/** The file of a secret that a container sees at a path; a copy below `folder`. */
const mountedSecret = (
  path: string,
  container: KubernetesObject,
  pod: KubernetesObject,
  objects: readonly KubernetesObject[],
  folder: string,
): string => {
  const mount = container.volumeMounts?.find(({ mountPath }: KubernetesObject) => path.startsWith(`${mountPath}/`));
  const volume = pod.volumes?.find(({ name }: KubernetesObject) => name === mount?.name);
  const name = volume?.secret?.secretName;
  if (name === undefined) throw new Error(`${path} is no file of a mounted secret`);
  const key = path.slice(mount.mountPath.length + 1);
  const copy = join(folder, `${name}-${key}`);
  writeFileSync(copy, secretValue(objects, { name, key }) ?? '');
  return copy;
};

/** The variables that a container starts with. */
export const environmentOf = (
  container: KubernetesObject,
  pod: KubernetesObject,
  objects: readonly KubernetesObject[],
  folder: string,
): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom ?? []) {
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef.name);
    if (map === undefined) throw new Error(`there is no ConfigMap ${configMapRef.name}`);
    Object.assign(environment, map.data);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const reference = valueFrom?.secretKeyRef;
    const text = reference === undefined ? value : secretValue(objects, reference);
    if (text === undefined) continue;
    environment[name] =
      name.endsWith('_FILE') && name.startsWith('GATEHOUSE_')
        ? mountedSecret(text, container, pod, objects, folder)
        : text;
  }
  return environment;
};

/** What a process would say of these variables at its start, line by line. */
export const settingsFaults = (table: SettingsTable, environment: Record<string, string>): readonly string[] => {
  try {
    loadSettings(table, environment, settingsTable);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
};
