import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topics } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canRender,
  describeObject,
  type KubernetesObject,
  objectFiles,
  overlaysIn,
  schemaFaults,
  unknownFields,
} from './kubernetes/objects.ts';
import { environmentOf, settingsFaults, tables } from './kubernetes/settings.ts';

const ours = ['connector-registry', 'user-directory', 'auth-gateway'];
const files = objectFiles();
const overlays = ['dev', 'production', 'production-gateway-api'] as const;
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-k8s-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Workload {
  readonly name: string;
  readonly object: KubernetesObject;
  readonly pod: KubernetesObject;
  readonly containers: readonly KubernetesObject[];
}

const workloadsOf = (objects: readonly KubernetesObject[]): Workload[] =>
  objects
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map((object) => {
      const pod = object.spec.template.spec;
      return {
        name: describeObject(object),
        object,
        pod,
        containers: [...(pod.initContainers ?? []), ...pod.containers],
      };
    });

const named = (objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};

describe('the files of objects', () => {
  it.each([...files])('%s hold what the schemas of Kubernetes 1.35 allow', async (_, objects) => {
    for (const object of objects) expect(await schemaFaults(object), describeObject(object)).toBeUndefined();
  });

  it('have no field that Kubernetes does not know', () => {
    expect(unknownFields('files', [...files.values()].flat())).toBe('');
  });

  it('would be found out with a wrong field and an unknown one', async () => {
    const deployment = structuredClone(files.get('base/auth-gateway/deployment.yaml')?.[0] ?? {});
    const [container] = deployment.spec.template.spec.containers;
    container.readinesProbe = container.readinessProbe;
    expect(await schemaFaults(deployment)).toBeUndefined();
    expect(unknownFields('wrong', [deployment])).toContain(
      'Deployment auth-gateway: error TS2353: Object literal may only specify known properties, and \'"readinesProbe"\'',
    );
    container.ports[0].containerPort = 'http';
    expect(await schemaFaults(deployment)).toContain('containerPort must be integer');
  });
});

describe('the access control lists of Kafka', () => {
  /** What the script allows, as it tells Kafka's tool: principal, kind of name, beginning of a name, operations. */
  const allowed = (): readonly { who: string; kind: string; name: string; operations: readonly string[] }[] => {
    const told = join(folder, 'told');
    const tool = join(folder, 'kafka-acls.sh');
    writeFileSync(tool, `#!/bin/sh\necho "$*" >>${told}\n`, { mode: 0o755 });
    const script = readFileSync(join(import.meta.dirname, '../k8s/components/kafka-acls/apply.sh'), 'utf8');
    const { status, stderr } = spawnSync('bash', ['-c', script.replace('/opt/kafka/bin/kafka-acls.sh', tool)], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, BROKERS: 'kafka:9092', CONFIG: 'none', PREFIX: 'p.' },
    });
    expect(status, stderr).toBe(0);
    return readFileSync(told, 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const [, who = '', kind = '', name = ''] =
          /--allow-principal User:(\S+) .* (--topic|--group|--transactional-id) p\.(\S+) --resource-pattern-type prefixed$/.exec(
            line,
          ) ?? [];
        return {
          who,
          kind,
          name,
          operations: [...line.matchAll(/--operation (\S+)/g)].map(([, operation = '']) => operation),
        };
      });
  };

  it('let one service write each topic, and none write one that there is not', () => {
    const lists = allowed();
    expect(lists.every(({ who }) => who !== '')).toBe(true);
    const writers = (topic: string): readonly string[] =>
      lists
        .filter(
          ({ kind, name, operations }) => kind === '--topic' && operations.includes('Write') && topic.startsWith(name),
        )
        .map(({ who }) => who);
    const owners: Readonly<Record<string, string>> = { connector: 'connector-registry', user: 'user-directory' };
    for (const { name } of topics) {
      const [, aggregate = ''] = name.split('.');
      expect(writers(name), name).toEqual([owners[aggregate] ?? 'auth-gateway']);
    }
    const written = lists
      .filter(({ kind, operations }) => kind === '--topic' && operations.includes('Write'))
      .map(({ name }) => name);
    expect(writers('gatehouse.dead-letters')).toEqual(['user-directory', 'auth-gateway']);
    const there = [...topics.map(({ name }) => name), 'gatehouse.dead-letters'];
    expect(written.filter((name) => !there.some((topic) => topic.startsWith(name)))).toEqual([]);
  });
});

describe.skipIf(!canRender())('overlays as kustomize renders them', () => {
  const rendered = new Map<string, readonly KubernetesObject[]>();
  const objectsOf = (overlay: string): readonly KubernetesObject[] => rendered.get(overlay) ?? [];
  beforeAll(() => {
    const { render } = overlaysIn(folder);
    for (const overlay of overlays) rendered.set(overlay, render(overlay));
  });

  describe.each(overlays)('%s', (overlay) => {
    const objects = (): readonly KubernetesObject[] => objectsOf(overlay);
    const workloads = (): Workload[] => workloadsOf(objects());
    const services = (): Workload[] => workloads().filter(({ object }) => ours.includes(object.metadata.name));

    it('holds what the schemas allow, and no unknown field', async () => {
      expect(objects().length).toBeGreaterThan(25);
      for (const object of objects()) expect(await schemaFaults(object), describeObject(object)).toBeUndefined();
      expect(unknownFields(overlay, objects())).toBe('');
    });

    it('lies in one namespace that lets in only what is restricted', () => {
      const { metadata } = named(objects(), 'Namespace', 'gatehouse');
      expect(metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
      const elsewhere = objects().filter(
        ({ kind, metadata: { namespace } }) => kind !== 'Namespace' && namespace !== 'gatehouse',
      );
      expect(elsewhere.map(describeObject)).toEqual([]);
    });

    it('runs nothing as root, with rights, or with a token', () => {
      for (const { name, pod, containers } of workloads()) {
        expect(pod.securityContext, name).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(pod.automountServiceAccountToken, name).toBe(false);
        expect(named(objects(), 'ServiceAccount', pod.serviceAccountName).automountServiceAccountToken, name).toBe(
          false,
        );
        for (const { securityContext } of containers) {
          expect(securityContext, name).toMatchObject({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          });
          // The broker's image writes its configuration beside its programs.
          expect(securityContext.readOnlyRootFilesystem, name).toBe(name !== 'StatefulSet kafka');
        }
      }
    });

    it('says what every container may use, and which image it is', () => {
      for (const { name, containers } of workloads()) {
        for (const { image, resources } of containers) {
          expect(resources.requests, name).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
          expect(resources.limits, name).toMatchObject({ memory: expect.anything() });
          expect(image, name).toMatch(/^[a-z/-]+:\d[\w.-]*$/);
        }
      }
    });

    it('sets what the code reads, nothing else, and everything that it must have', () => {
      const containers = workloads().flatMap(({ pod, containers }) =>
        containers.map((container) => ({ pod, container })),
      );
      const known = containers.filter(({ container }) => container.name in tables);
      expect(known.map(({ container }) => container.name).toSorted()).toEqual(Object.keys(tables).toSorted());
      for (const { container, pod } of known) {
        const environment = environmentOf(container, pod, objects(), folder);
        expect(settingsFaults(tables[container.name] ?? {}, environment), container.name).toEqual([]);
        expect(environment.GATEHOUSE_BASE_URL, container.name).toMatch(
          overlay === 'dev' ? /^http:\/\/localhost/ : /^https:/,
        );
      }
    });

    it('keeps two copies of each service at least, and lets only one go at a time', () => {
      expect(
        services()
          .map(({ object }) => object.metadata.name)
          .toSorted(),
      ).toEqual(ours.toSorted());
      for (const { object, pod } of services()) {
        const { name } = object.metadata;
        const { spec } = named(objects(), 'HorizontalPodAutoscaler', name);
        expect(spec).toMatchObject({ scaleTargetRef: { kind: 'Deployment', name } });
        expect(spec.minReplicas, name).toBeGreaterThanOrEqual(2);
        // A number of its own would undo the autoscaler's with every apply.
        expect(object.spec.replicas, name).toBeUndefined();
        const budget = named(objects(), 'PodDisruptionBudget', name).spec;
        expect(budget).toMatchObject({ maxUnavailable: 1, selector: object.spec.selector });
        expect(object.spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
        const keys = pod.topologySpreadConstraints.map(({ topologyKey }: KubernetesObject) => topologyKey);
        expect(keys).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
      }
    });

    it('asks the services how they are, and stops them more slowly than they drain', () => {
      const drainSeconds = 25;
      for (const { name, pod } of services()) {
        const [{ startupProbe, livenessProbe, readinessProbe, lifecycle, ports }] = pod.containers;
        expect(ports[0], name).toEqual({ name: 'http', containerPort: 3000 });
        expect(startupProbe.httpGet, name).toEqual({ path: '/livez', port: 'http' });
        expect(livenessProbe.httpGet, name).toEqual({ path: '/livez', port: 'http' });
        expect(readinessProbe.httpGet, name).toEqual({ path: '/readyz', port: 'http' });
        const preStop = lifecycle.preStop.sleep.seconds;
        expect(preStop, name).toBeGreaterThan(readinessProbe.periodSeconds);
        expect(pod.terminationGracePeriodSeconds, name).toBeGreaterThan(preStop + drainSeconds);
      }
    });

    it('keeps the view of each gateway in a folder of its own pod', () => {
      const pod = named(objects(), 'Deployment', 'auth-gateway').spec.template.spec;
      const volume = pod.volumes.find(({ emptyDir }: KubernetesObject) => emptyDir !== undefined);
      expect(volume.emptyDir.sizeLimit).toBeDefined();
      const [{ volumeMounts }] = pod.containers;
      expect(volumeMounts).toContainEqual({ name: volume.name, mountPath: '/var/lib/gatehouse' });
    });

    it('lets services name ports that there are', () => {
      for (const { spec, metadata } of objects().filter(({ kind }) => kind === 'Service')) {
        const name = spec.selector['app.kubernetes.io/name'];
        const target = workloads().find(({ object }) => object.metadata.name === name);
        const open = target?.containers.flatMap(({ ports = [] }) => ports.map((port: KubernetesObject) => port.name));
        for (const { targetPort } of spec.ports) expect(open, metadata.name).toContain(targetPort);
      }
    });

    it('lets nothing through that no policy lets through', () => {
      const { spec } = named(objects(), 'NetworkPolicy', 'default-deny');
      expect(spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    });

    it('opens the public port of the gateway to the edge, and nothing else of ours', () => {
      const admitted = objects()
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .flatMap(({ metadata, spec }) =>
          (spec.ingress ?? []).flatMap(({ from = [{}], ports = [] }: KubernetesObject) =>
            from
              .filter(
                ({ podSelector, namespaceSelector, ipBlock }: KubernetesObject) =>
                  podSelector === undefined || namespaceSelector !== undefined || ipBlock !== undefined,
              )
              .map(({ namespaceSelector }: KubernetesObject) => [
                metadata.name,
                ...Object.keys(namespaceSelector?.matchLabels ?? { anybody: '' }),
                ...ports.map(({ port }: KubernetesObject) => port),
              ]),
          ),
        );
      expect(admitted).toEqual([
        ['auth-gateway', 'gatehouse/edge', 'http'],
        ['auth-gateway', 'gatehouse/consumer', 'internal'],
        ['auth-gateway', 'gatehouse/monitoring', 'internal'],
        ['owners', 'gatehouse/monitoring', 'http'],
      ]);
    });

    it('lets nothing out to the address that clouds give out credentials at', () => {
      const blocks = objects()
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .flatMap(({ spec }) => spec.egress ?? [])
        .flatMap(({ to }) => to ?? [{ ipBlock: { cidr: '0.0.0.0/0' } }])
        .flatMap(({ ipBlock }) => ipBlock?.cidr ?? []);
      expect(new Set(blocks)).toEqual(new Set(overlay === 'dev' ? [] : ['10.0.0.0/8']));
    });
  });

  it('leads from outside to the public port of the gateway alone', () => {
    const { spec } = named(objectsOf('production'), 'Ingress', 'auth-gateway');
    const backends = spec.rules.flatMap(({ http }: KubernetesObject) =>
      http.paths.map(({ backend }: KubernetesObject) => backend.service),
    );
    expect(backends).toEqual([{ name: 'auth-gateway', port: { name: 'http' } }]);
    const route = named(objectsOf('production-gateway-api'), 'HTTPRoute', 'auth-gateway').spec;
    expect(route.rules.flatMap(({ backendRefs }: KubernetesObject) => backendRefs)).toEqual([
      { name: 'auth-gateway', port: 80 },
    ]);
    for (const overlay of ['production', 'production-gateway-api']) {
      const ways = objectsOf(overlay).filter(({ kind }) => ['Ingress', 'HTTPRoute'].includes(kind));
      expect(ways).toHaveLength(1);
      const { spec: service } = named(objectsOf(overlay), 'Service', 'auth-gateway');
      expect(service).toMatchObject({ ports: [{ port: 80, targetPort: 'http' }] });
      expect(service.type ?? 'ClusterIP').toBe('ClusterIP');
    }
  });

  it('holds no secret in production', () => {
    expect(objectsOf('production').filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });
});
