import { isContinuousIntegration } from '../environment.ts';
import { startOwnKafka } from './kafka.ts';
import { startOwnMongo } from './mongo.ts';
import { startOwnRedis } from './redis.ts';
import { askRun } from './run-client.ts';
import { ServerError, type ServerKind, type ServerWay } from './server.ts';
import { obstacleToNative, wayTo } from './way.ts';

/** A server that tests share. They keep apart by names of their own: topic prefixes, databases, key prefixes. */
export interface SharedServer {
  readonly way: ServerWay;
  /** Lets go of it. It ends with the test run, or here when there is none. */
  stop(): Promise<void>;
}

export interface SharedKafka extends SharedServer {
  /** `host:port`, several with commas between them. In plain text and open to everybody, unless it is the environment's. */
  readonly brokers: string;
}

export interface SharedMongo extends SharedServer {
  /** `mongodb://…`, without a database. */
  readonly uri: string;
}

export interface SharedRedis extends SharedServer {
  /** `redis://…` */
  readonly url: string;
}

/** The setting that names a server which is there already. */
const settings: Readonly<Record<ServerKind, string>> = {
  kafka: 'GATEHOUSE_TEST_KAFKA_BROKERS',
  mongo: 'GATEHOUSE_TEST_MONGODB_URI',
  redis: 'GATEHOUSE_TEST_REDIS_URL',
};

/**
 * The Kafka of this test run: the one that `GATEHOUSE_TEST_KAFKA_BROKERS` names, else one that is started when the first
 * test asks for it and ends with the run (see `startOwnKafka`); outside a test run one that `stop` ends.
 *
 * @throws ServerError `server_unavailable` when there is no way to one, `server_not_started`
 */
export async function startKafka(): Promise<SharedKafka> {
  const { address, ...server } = await sharedServer('kafka');
  return { brokers: address, ...server };
}

/**
 * The MongoDB of this test run: the one that `GATEHOUSE_TEST_MONGODB_URI` names, else as with `startKafka`.
 * @throws ServerError `server_unavailable`, `server_not_started`
 */
export async function startMongo(): Promise<SharedMongo> {
  const { address, ...server } = await sharedServer('mongo');
  return { uri: address, ...server };
}

/**
 * The Redis of this test run: the one that `GATEHOUSE_TEST_REDIS_URL` names, else as with `startKafka`.
 * @throws ServerError `server_unavailable`, `server_not_started`
 */
export async function startRedis(): Promise<SharedRedis> {
  const { address, ...server } = await sharedServer('redis');
  return { url: address, ...server };
}

/** An address, and how to let go of it. */
export interface AddressedServer extends SharedServer {
  readonly address: string;
}

async function sharedServer(kind: ServerKind): Promise<AddressedServer> {
  const named = process.env[settings[kind]];
  if (named !== undefined && named !== '') return { address: named, way: 'environment', stop: async () => undefined };
  const ofRun = await askRun<{ readonly address: string; readonly way: ServerWay }>(`/servers/${kind}`);
  if (ofRun !== undefined) return { ...ofRun, stop: async () => undefined };
  return startAddressed(kind);
}

/** Starts a server of our own and knows it by its address. */
export async function startAddressed(kind: ServerKind): Promise<AddressedServer> {
  if (kind === 'kafka') {
    const kafka = await startOwnKafka();
    return { address: kafka.brokers, way: kafka.way, stop: kafka.stop };
  }
  if (kind === 'mongo') {
    const mongo = await startOwnMongo();
    return { address: mongo.uri, way: mongo.way, stop: mongo.stop };
  }
  const redis = await startOwnRedis();
  return { address: redis.url, way: redis.way, stop: redis.stop };
}

/**
 * Whether tests that need a server have to be skipped: there is no way to one, and this is not CI. With `CI` set they run
 * and fail instead. Says the reason in one line. Use it as `describe.skipIf(await mustSkipServerTests('kafka'))`, so that
 * the skip is counted.
 *
 * @param kinds every server that the tests need
 * @param use whether they take shared ones, start their own, or need those to be native (replicas, Sentinel)
 */
export async function mustSkipServerTests(
  kinds: ServerKind | readonly ServerKind[],
  use: 'shared' | 'own' | 'native' = 'shared',
): Promise<boolean> {
  if (isContinuousIntegration(process.env)) return false;
  for (const kind of [kinds].flat()) {
    if (use === 'shared' && process.env[settings[kind]]) continue;
    const obstacle = use === 'native' ? await obstacleToNative(kind) : await wayTo(kind).then(() => undefined, whyNot);
    if (obstacle === undefined) continue;
    process.stderr.write(`Skipped: ${obstacle}\n`);
    return true;
  }
  return false;
}

function whyNot(error: unknown): string {
  if (error instanceof ServerError && error.code === 'server_unavailable') return error.message;
  throw error;
}
