import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settingsFaults, tables } from './kubernetes/settings.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** `${NAME:-default}` as it reads where nothing is set; defaults may hold such texts themselves. */
const withDefaults = (text: string): string => {
  const replaced = text.replaceAll(/\$\{\w+:-([^${}]*)\}/g, '$1');
  return replaced === text ? text : withDefaults(replaced);
};

// biome-ignore lint/suspicious/noExplicitAny: tests read the file member by member and fail where one is missing
type Loose = any;
const compose: Loose = parse(withDefaults(readFileSync(join(root, 'docker-compose.yml'), 'utf8')), { merge: true });
const services = new Map<string, Loose>(Object.entries(compose.services));
const service = (name: string): Loose => services.get(name);
const ours = [...services].filter(([, { image }]) => image.startsWith('gatehouse/'));
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const targets = [...dockerfile.matchAll(/^FROM base AS (\S+)$/gm)].map(([, name = '']) => name);

/** Which settings a service of the file reads. */
const tableOf = (name: string) => tables[name.replace(/^gateway-\d$/, 'auth-gateway')];

describe('docker-compose.yml', () => {
  it.each(ours.filter(([name]) => tableOf(name) !== undefined))(
    '%s sets what the code reads, and all that it must have',
    (name, { environment }) => {
      const given: Record<string, string> = { ...environment };
      for (const [setting, secret] of [
        ['GATEHOUSE_MASTER_KEYS_FILE', `k1:${Buffer.alloc(32, 7).toString('base64')}`],
        ['GATEHOUSE_ADMIN_KEY_FILE', 'a-sample-of-a-key-that-is-long-enough'],
      ] as const) {
        const path = given[setting];
        if (path === undefined) continue;
        const made = execFileSync(process.execPath, [join(root, 'docker/make-secrets.mjs'), join(folder, 'secrets')]);
        expect(existsSync(join(folder, path)), `${path} is made: ${made}`).toBe(true);
        given[setting] = join(folder, setting);
        writeFileSync(given[setting], secret);
      }
      expect(settingsFaults(tableOf(name) ?? {}, given)).toEqual([]);
    },
  );

  it('knows every service that reads settings', () => {
    const readers = ours.filter(([, { environment = {} }]) =>
      Object.keys(environment).some((key) => key.startsWith('GATEHOUSE_')),
    );
    const names = readers.map(([name]) => name).filter((name) => tableOf(name) === undefined);
    // Runs whatever command it is told.
    expect(names).toEqual(['tools']);
  });

  it.each(ours)('%s is confined and bounded', (_, definition) => {
    expect(definition).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(definition.mem_limit).toMatch(/^\d+m$/);
  });

  it('bounds what is not ours, and names exact versions of it', () => {
    const others = [...services].filter(([, { image }]) => !image.startsWith('gatehouse/'));
    expect(others.map(([name]) => name).toSorted()).toEqual(['kafka', 'mongodb', 'proxy', 'redis']);
    for (const [name, { image, mem_limit, cpus, cap_drop, security_opt }] of others) {
      expect(image, name).toMatch(/^[a-z/]+:\d+(\.\d+)*$/);
      expect({ mem_limit, cpus, cap_drop, security_opt }, name).toEqual({
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        cpus: expect.any(Number),
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('builds images that the Dockerfile has', () => {
    for (const [name, { image, build }] of ours) {
      expect(targets, name).toContain(build.target);
      expect(image, name).toBe(`gatehouse/${build.target}:0.1.0`);
    }
  });

  it('opens ports to this machine alone', () => {
    const published = [...services].flatMap(([name, { ports = [] }]) => ports.map((port: string) => [name, port]));
    expect(published).toEqual([
      ['proxy', '127.0.0.1:3000:8080'],
      ['practice-idp', '127.0.0.1:4000:4000'],
    ]);
  });

  it('keeps the stores where only the services are', () => {
    expect(compose.networks).toMatchObject({ services: { internal: true }, data: { internal: true } });
    const networksOf = (name: string): readonly string[] =>
      [service(name).networks].flatMap((networks) => (Array.isArray(networks) ? networks : Object.keys(networks)));
    for (const name of ['kafka', 'mongodb', 'redis']) expect(networksOf(name), name).toEqual(['data']);
    for (const name of ['proxy', 'practice-idp']) expect(networksOf(name), name).not.toContain('data');
  });

  it('starts each when what it needs is there', () => {
    const conditions = (name: string): Record<string, string> =>
      Object.fromEntries(
        Object.entries<Loose>(service(name).depends_on).map(([needed, { condition }]) => [needed, condition]),
      );
    expect(conditions('topics')).toEqual({ kafka: 'service_healthy' });
    expect(conditions('indexes')).toEqual({ mongodb: 'service_healthy' });
    const prepared = { topics: 'service_completed_successfully', indexes: 'service_completed_successfully' };
    for (const name of ['connector-registry', 'user-directory']) expect(conditions(name), name).toEqual(prepared);
    for (const name of ['gateway-1', 'gateway-2']) {
      expect(conditions(name), name).toEqual({
        ...prepared,
        secrets: 'service_completed_successfully',
        redis: 'service_healthy',
      });
    }
    expect(conditions('proxy')).toEqual({ 'gateway-1': 'service_healthy', 'gateway-2': 'service_healthy' });
  });

  it('starts the product alone, and the demonstration only when asked', () => {
    const alone = [...services].filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    expect(alone.toSorted()).toEqual([
      'connector-registry',
      'gateway-1',
      'gateway-2',
      'indexes',
      'kafka',
      'mongodb',
      'proxy',
      'redis',
      'secrets',
      'topics',
      'user-directory',
    ]);
    expect(service('practice-idp').profiles).toEqual(['demo']);
    expect(service('demo').profiles).toEqual(['demo']);
  });

  it('gives each gateway a name and a view of its own', () => {
    const [one, other] = [service('gateway-1'), service('gateway-2')];
    expect([one.hostname, other.hostname]).toEqual(['gateway-1', 'gateway-2']);
    expect([one.volumes[0], other.volumes[0]]).toEqual([
      'gateway-1:/var/lib/gatehouse',
      'gateway-2:/var/lib/gatehouse',
    ]);
  });

  it('waits longer for a stopping service than it takes to drain', () => {
    const seconds = ['gateway-1', 'gateway-2', 'connector-registry', 'user-directory'].map((name) =>
      Number.parseInt(service(name).stop_grace_period, 10),
    );
    expect(Math.min(...seconds)).toBeGreaterThan(25);
  });
});

describe('the Dockerfile', () => {
  it('has an image for each app that runs on a server, and one for the commands', () => {
    const apps = readdirSync(join(root, 'apps')).filter((app) => existsSync(join(root, 'apps', app, 'src/main.ts')));
    expect(targets.toSorted()).toEqual([...apps, 'tools'].toSorted());
    for (const app of apps) expect(dockerfile).toContain(`"apps/${app}/src/main.ts"`);
  });

  it('needs no builder that is newer than the classic one', () => {
    expect(dockerfile).not.toMatch(/^# *syntax=|--mount=|<<\w|--link\b|--chmod=/m);
  });

  it('lets no app run as root', () => {
    const [, base = ''] = /^FROM scratch AS base$([\s\S]*?)^FROM /m.exec(dockerfile) ?? [];
    expect(base).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile.match(/^USER /gm)).toHaveLength(1);
  });

  it.each(targets.filter((target) => target !== 'tools'))(
    'puts into the image of %s what it needs in production alone',
    (app) => {
      const to = join(folder, app);
      const script = join(root, 'docker/production-manifests.mjs');
      const folders = execFileSync(process.execPath, [script, app, to], { cwd: root, encoding: 'utf8' })
        .trim()
        .split('\n');
      expect(folders).toContain(`apps/${app}`);
      expect(folders).not.toContain('libs/test-servers');
      if (app !== 'practice-idp') expect(folders).not.toContain('apps/practice-idp');
      for (const part of ['.', ...folders]) {
        const manifest = JSON.parse(readFileSync(join(to, part, 'package.json'), 'utf8'));
        expect(manifest.devDependencies, part).toBeUndefined();
      }
    },
  );
});
