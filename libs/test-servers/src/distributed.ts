import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Administer, administerAt, testAdminKey } from './administration.ts';
import { freePort } from './free-port.ts';
import { inheritedEnvironment, type RunningProcess, startProcess } from './process.ts';
import { startKafka, startMongo, startRedis } from './servers/shared-servers.ts';

const root = join(import.meta.dirname, '../../..');

export type ServiceName = 'connector-registry' | 'user-directory' | 'auth-gateway';

export interface DistributedOptions {
  /** Copies of each service; two gateways and one of the others unless told. */
  readonly copies?: Partial<Readonly<Record<ServiceName, number>>>;
  /** Servers of the test's own; those that the whole test run shares unless told. */
  readonly servers?: { readonly brokers: string; readonly mongodbUri: string; readonly redisUrl: string };
  /** More settings for every service, over those that tests need. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether topics and indexes are made before the services start; true unless told. */
  readonly prepare?: boolean;
  /** Whether to wait until every copy is ready; true unless told. */
  readonly untilReady?: boolean;
}

/** One copy of a service, which a test may end and start again. */
export interface RunningService {
  readonly service: ServiceName;
  readonly instance: string;
  readonly port: number;
  /** Of gateways. */
  readonly internalPort: number;
  readonly url: string;
  /** Of the latest start. */
  readonly process: RunningProcess;
  readonly env: Readonly<Record<string, string>>;
  /** Starts it again, on its ports and with its folder. @param untilReady until `/readyz` is 200, else until it listens */
  start(untilReady?: boolean): Promise<void>;
}

export interface RunningDistributed {
  readonly baseUrl: string;
  /** Of the first gateway, which the base URL names. */
  readonly port: number;
  readonly internalPort: number;
  readonly gateways: readonly RunningService[];
  readonly services: readonly RunningService[];
  /** What a command or another process needs to reach the same servers. */
  readonly env: Readonly<Record<string, string>>;
  /** By the first gateway. */
  readonly administer: Administer;
  /** Runs one of the product's commands to its end. @throws when its exit code is not 0 */
  command(name: string, ...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const settingsOf = (
  service: ServiceName,
  shared: { readonly registryUrl: string; readonly directoryUrl: string; readonly jwksUrl: string },
): Record<string, string> =>
  service === 'auth-gateway'
    ? { GATEHOUSE_REGISTRY_URL: shared.registryUrl, GATEHOUSE_DIRECTORY_URL: shared.directoryUrl }
    : { GATEHOUSE_JWKS_URL: shared.jwksUrl };

/**
 * Starts the product as separate processes over real Kafka, MongoDB and Redis, with names of its own on them, so that tests may
 * share the servers. Of several copies of registry and directory the gateways call the first.
 * @throws ProcessError when one does not come up, ServerError when a server cannot be had
 */
export async function startDistributed(options: DistributedOptions = {}): Promise<RunningDistributed> {
  const name = `t${randomBytes(5).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'));
  const copies = { 'connector-registry': 1, 'user-directory': 1, 'auth-gateway': 2, ...options.copies };
  const own = options.servers;
  const shared = own === undefined ? await Promise.all([startKafka(), startMongo(), startRedis()]) : undefined;
  const [kafka, mongo, redis] = shared ?? [];
  const running: RunningService[] = [];

  const order: readonly ServiceName[] = ['auth-gateway', 'connector-registry', 'user-directory'];
  const places: {
    readonly service: ServiceName;
    readonly index: number;
    readonly port: number;
    readonly internalPort: number;
  }[] = [];
  for (const service of order) {
    for (let index = 0; index < copies[service]; index++) {
      places.push({ service, index, port: await freePort(), internalPort: await freePort() });
    }
  }
  const portOf = (service: ServiceName): number => places.find((place) => place.service === service)?.port ?? 0;
  const baseUrl = `http://localhost:${portOf('auth-gateway')}`;
  const addresses = {
    registryUrl: `http://127.0.0.1:${portOf('connector-registry')}`,
    directoryUrl: `http://127.0.0.1:${portOf('user-directory')}`,
    jwksUrl: `http://127.0.0.1:${portOf('auth-gateway')}/.well-known/jwks.json`,
  };
  const env: Readonly<Record<string, string>> = {
    // Types are stripped once, not at every start.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/gatehouse'),
    GATEHOUSE_KAFKA_BROKERS: own?.brokers ?? kafka?.brokers ?? '',
    GATEHOUSE_KAFKA_PREFIX: `${name}.`,
    GATEHOUSE_KAFKA_REPLICATION: '1',
    GATEHOUSE_MONGODB_URI: `${(own?.mongodbUri ?? mongo?.uri ?? '').replace(/\/$/, '')}/${name}`,
    GATEHOUSE_REDIS_URL: own?.redisUrl ?? redis?.url ?? '',
    GATEHOUSE_REDIS_PREFIX: `${name}:`,
    GATEHOUSE_BASE_URL: baseUrl,
    GATEHOUSE_MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    GATEHOUSE_ADMIN_KEY: testAdminKey,
    GATEHOUSE_RATE_LIMIT: 'off',
    ...options.env,
  };

  const command: RunningDistributed['command'] = async (commandName, ...args) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'apps/standalone/src/commands', `${commandName}.ts`), ...args],
      { cwd: root, env: { ...inheritedEnvironment(process.env), ...env }, timeout: 150_000 },
    );
    return stdout;
  };

  const open = (place: (typeof places)[number]): RunningService => {
    const { service, index, port, internalPort } = place;
    const instance = `${service}-${index}`;
    let current: RunningProcess | undefined;
    const settings = {
      ...env,
      ...settingsOf(service, addresses),
      GATEHOUSE_INSTANCE: instance,
      GATEHOUSE_PORT: String(port),
      GATEHOUSE_INTERNAL_PORT: String(internalPort),
      GATEHOUSE_DATA_DIR: join(folder, instance),
    };
    return {
      service,
      instance,
      port,
      internalPort,
      url: `http://127.0.0.1:${port}`,
      env: settings,
      get process() {
        if (current === undefined) throw new Error(`${instance} was not started`);
        return current;
      },
      async start(untilReady = true) {
        current = await startProcess({
          entry: join(root, 'apps', service, 'src/main.ts'),
          cwd: root,
          env: settings,
          ready: { url: `http://127.0.0.1:${port}/${untilReady ? 'readyz' : 'livez'}` },
          timeoutMs: 150_000,
        });
      },
    };
  };

  const stop = async (): Promise<void> => {
    await Promise.all(running.map((service) => service.process.stop().catch(() => undefined)));
    await Promise.all((shared ?? []).map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  };

  try {
    if (options.prepare !== false) await Promise.all([command('topics', 'apply'), command('indexes', 'apply')]);
    const services = places.map(open);
    await Promise.all(
      services.map(async (service) => {
        await service.start(options.untilReady);
        running.push(service);
      }),
    );
    const gateways = services.filter(({ service }) => service === 'auth-gateway');
    return {
      baseUrl,
      port: portOf('auth-gateway'),
      internalPort: gateways[0]?.internalPort ?? 0,
      gateways,
      services,
      env,
      administer: administerAt(portOf('auth-gateway')),
      command,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
