import { type Certificate, makeCertificate } from './certificate.ts';
import { exchange } from './exchange.ts';
import { startOwnServer } from './own-server.ts';
import { images, type Launch, type Place, type ServerControl, type ServerPlan } from './server.ts';
import { serverPort } from './server-port.ts';

interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisOptions {
  /** A free one unless given. */
  readonly port?: number;
  /** Of the default user, who otherwise needs none. */
  readonly password?: string;
  /** Lines of an ACL: `user gatehouse on >secret ~gatehouse:* +@all`. */
  readonly users?: readonly string[];
  /** Speaks TLS and nothing else; clients need no certificate. */
  readonly tls?: boolean;
  /** Makes it a replica, and native. */
  readonly replicaOf?: RedisAddress;
  /** Natively or not at all: a master with replicas or Sentinels, which do not find one another's address in a container. */
  readonly native?: boolean;
  /** Settings over ours (redis.conf). */
  readonly config?: Readonly<Record<string, string>>;
}

export interface OwnRedis extends ServerControl {
  /** `redis://host:port` or `rediss://host:port`, without user and password. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** With `tls`: the PEM to trust. */
  readonly ca: string | undefined;
}

export interface SentinelOptions {
  /** What clients ask for. */
  readonly masterName: string;
  readonly master: RedisAddress;
  readonly port?: number;
  /** How many Sentinels must agree that the master is away, 1 unless given. */
  readonly quorum?: number;
  /** How long the master may be silent, in milliseconds, 1,000 unless given. */
  readonly downAfterMs?: number;
  readonly failoverTimeoutMs?: number;
  /** The master's password. */
  readonly password?: string;
}

const host = '127.0.0.1';

/**
 * One Redis of the caller's own, empty. It appends every write to its file: what it acknowledged survives SIGKILL.
 *
 * @throws ServerError `server_unavailable`, `server_not_started`
 */
export async function startOwnRedis(options: RedisOptions = {}): Promise<OwnRedis> {
  const certificate = options.tls === true ? await makeCertificate() : undefined;
  let port = 0;
  const makePlan = async (): Promise<ServerPlan> => {
    port = options.port ?? (await serverPort());
    return redisPlan('Redis', port, (place) => redisFiles(place, port, options, certificate), options.tls);
  };
  const isNative = options.native === true || options.replicaOf !== undefined;
  const control = await startOwnServer('redis', options.port !== undefined, makePlan, isNative ? 'native' : undefined);
  const scheme = options.tls === true ? 'rediss' : 'redis';
  return Object.assign(control, { url: `${scheme}://${host}:${port}`, host, port, ca: certificate?.certificate });
}

/**
 * A Redis Sentinel that watches a master which runs natively on this machine.
 *
 * @throws ServerError `server_unavailable` when there is no redis-server on the PATH, `server_not_started`
 */
export async function startSentinel(options: SentinelOptions): Promise<OwnRedis> {
  let port = 0;
  const makePlan = async (): Promise<ServerPlan> => {
    port = options.port ?? (await serverPort());
    return redisPlan('Redis Sentinel', port, (place) => ({ 'redis.conf': sentinelFile(place, port, options) }));
  };
  const control = await startOwnServer('redis', options.port !== undefined, makePlan, 'native');
  return Object.assign(control, { url: `redis://${host}:${port}`, host, port, ca: undefined });
}

function redisPlan(
  label: string,
  port: number,
  files: (place: Place) => Readonly<Record<string, string>>,
  tls?: boolean,
): ServerPlan {
  const launch = (place: Place): Launch => ({
    files: files(place),
    command: [...['redis-server', `${place.folder}/redis.conf`], ...(label === 'Redis Sentinel' ? ['--sentinel'] : [])],
  });
  return {
    label,
    image: images.redis,
    ports: [port],
    native: async (place) => launch(place),
    container: launch,
    // An answer that asks for a password is one of a server that serves; one that still loads its data says LOADING.
    async isReady() {
      const answer = await exchange({ port, request: Buffer.from('PING\r\n'), ...(tls === undefined ? {} : { tls }) });
      return answer !== undefined && /^\+PONG|^-(NOAUTH|NOPERM)/.test(answer.toString('latin1'));
    },
  };
}

function redisFiles(
  { folder, bind }: Place,
  port: number,
  options: RedisOptions,
  certificate: Certificate | undefined,
): Record<string, string> {
  const { password, replicaOf } = options;
  const settings: Record<string, string> = {
    bind,
    dir: folder,
    'protected-mode': 'no',
    save: '""',
    appendonly: 'yes',
    'repl-diskless-sync-delay': '0',
    ...(certificate === undefined
      ? { port: String(port) }
      : {
          port: '0',
          'tls-port': String(port),
          'tls-cert-file': `${folder}/certificate.pem`,
          'tls-key-file': `${folder}/key.pem`,
          'tls-auth-clients': 'no',
        }),
    ...(password === undefined ? {} : { requirepass: password, masterauth: password }),
    ...(replicaOf === undefined ? {} : { replicaof: `${replicaOf.host} ${replicaOf.port}` }),
    ...options.config,
  };
  return {
    'redis.conf': [...lines(settings), ...(options.users ?? []), ''].join('\n'),
    ...(certificate === undefined ? {} : { 'certificate.pem': certificate.certificate, 'key.pem': certificate.key }),
  };
}

function sentinelFile({ folder, bind }: Place, port: number, options: SentinelOptions): string {
  const { masterName, master, quorum = 1, downAfterMs = 1_000, failoverTimeoutMs = 5_000, password } = options;
  return [
    ...lines({ bind, dir: folder, port: String(port), 'protected-mode': 'no' }),
    `sentinel monitor ${masterName} ${master.host} ${master.port} ${quorum}`,
    `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
    `sentinel failover-timeout ${masterName} ${failoverTimeoutMs}`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${masterName} ${password}`]),
    '',
  ].join('\n');
}

const lines = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).map(([name, value]) => `${name} ${value}`);
