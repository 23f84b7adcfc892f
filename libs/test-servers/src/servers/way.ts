import { findProgram, javaClassPath } from './maven.ts';
import { askRun } from './run-client.ts';
import { images, ServerError, type ServerKind } from './server.ts';

/** How a server of one's own is started on this machine, and why so. */
export interface WayToServer {
  readonly way: 'container' | 'native';
  readonly reason: string;
}

/** Gets what a native server is made of; rejects with `server_unavailable` when that cannot be had. */
const prepareNatively: Readonly<Record<ServerKind, () => Promise<unknown>>> = {
  kafka: () => javaClassPath({ name: 'kafka' }),
  mongo: () => javaClassPath({ name: 'mongo', source: 'MongoTestServer.java' }),
  async redis() {
    if (findProgram('redis-server') !== undefined) return;
    throw new ServerError(
      'server_unavailable',
      'redis-server is not on the PATH (Debian: apt-get install redis-server)',
    );
  },
};

const found = new Map<ServerKind, Promise<WayToServer>>();

/**
 * The way to a server of one's own: a container when an engine answers and has the image or can pull it, else natively.
 * `GATEHOUSE_TEST_SERVERS=container` or `native` leaves one of them. Looked for once in a test run.
 *
 * @throws ServerError `server_unavailable` with the reasons of both
 */
export function wayTo(kind: ServerKind): Promise<WayToServer> {
  const known =
    found.get(kind) ??
    askRun<WayToServer>(`/ways/${kind}`) ??
    findWay(kind, process.env.GATEHOUSE_TEST_SERVERS ?? '', ofThisMachine);
  found.set(kind, known);
  return known;
}

/** What stands in the way of a server, in words that end a sentence; undefined when nothing does. */
export interface Obstacles {
  toContainer(kind: ServerKind): Promise<string | undefined>;
  toNative(kind: ServerKind): Promise<string | undefined>;
}

/** The rule behind `wayTo`; `wanted` is the value of `GATEHOUSE_TEST_SERVERS`. */
export async function findWay(kind: ServerKind, wanted: string, obstacles: Obstacles): Promise<WayToServer> {
  if (!['', 'container', 'native'].includes(wanted)) {
    throw new ServerError('server_unavailable', 'GATEHOUSE_TEST_SERVERS takes container or native.');
  }
  const asked = 'GATEHOUSE_TEST_SERVERS asks for it';
  const noContainer = wanted === 'native' ? asked : await obstacles.toContainer(kind);
  if (noContainer === undefined) {
    return { way: 'container', reason: wanted === '' ? `the engine has ${images[kind]}` : asked };
  }
  const noServer = wanted === 'container' ? asked : await obstacles.toNative(kind);
  if (noServer === undefined) return { way: 'native', reason: noContainer };
  const why = wanted === '' ? `${noContainer}; natively: ${noServer}` : wanted === 'native' ? noServer : noContainer;
  throw new ServerError('server_unavailable', `No way to ${kind}: ${why}.`);
}

const ofThisMachine: Obstacles = { toContainer: obstacleToContainer, toNative: obstacleToNative };

/** Loaded when it is asked for: testcontainers is large, and most tests need no server. */
async function obstacleToContainer(kind: ServerKind): Promise<string | undefined> {
  const { obstacleToImage } = await import('./container-server.ts');
  return obstacleToImage(images[kind]);
}

/** Why a server cannot be started natively here; gets what it is made of when it can. */
export function obstacleToNative(kind: ServerKind): Promise<string | undefined> {
  return prepareNatively[kind]().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ServerError && error.code === 'server_unavailable') return error.message;
      throw error;
    },
  );
}
