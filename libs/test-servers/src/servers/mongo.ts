import { exchange } from './exchange.ts';
import { javaClassPath } from './maven.ts';
import { startOwnServer } from './own-server.ts';
import { images, type ServerControl, type ServerPlan } from './server.ts';
import { serverPort } from './server-port.ts';

export interface MongoOptions {
  /** A free one unless given. */
  readonly port?: number;
}

export interface OwnMongo extends ServerControl {
  /** `mongodb://host:port`, without a database, open to everybody. */
  readonly uri: string;
  readonly port: number;
}

/**
 * One MongoDB server of the caller's own, empty, without authentication and not a replica set. In a container it is the
 * real one. Natively it is a compatible server in Java, which has no transactions, sessions, change streams, collation,
 * partial indexes, TTL deletion and pipeline updates; what it acknowledged survives SIGKILL.
 *
 * @throws ServerError `server_unavailable`, `server_not_started`
 */
export async function startOwnMongo(options: MongoOptions = {}): Promise<OwnMongo> {
  let port = 0;
  const control = await startOwnServer('mongo', options.port !== undefined, async () => {
    port = options.port ?? (await serverPort());
    return mongoPlan(port);
  });
  return Object.assign(control, { uri: `mongodb://127.0.0.1:${port}`, port });
}

function mongoPlan(port: number): ServerPlan {
  return {
    label: 'MongoDB',
    image: images.mongo,
    ports: [port],
    containerPorts: [27017],
    async native({ folder }) {
      const classPath = await javaClassPath({ name: 'mongo', source: 'MongoTestServer.java' });
      const java = ['java', '-Xmx256m', '-Xss512k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath];
      return { files: {}, command: [...java, 'MongoTestServer', String(port), `${folder}/store.mv`] };
    },
    container: () => ({ files: {}, command: undefined }),
    isReady: async () => (await exchange({ port, request: helloRequest })) !== undefined,
  };
}

/** The command `{ hello: 1, $db: 'admin' }` as OP_MSG (2013): header of four int32, flags, one section of kind 0. */
const helloRequest = ((): Buffer => {
  const hello = [0x10, ...Buffer.from('hello\0'), 1, 0, 0, 0];
  const database = [0x02, ...Buffer.from('$db\0'), 6, 0, 0, 0, ...Buffer.from('admin\0')];
  const document = Buffer.from([0, 0, 0, 0, ...hello, ...database, 0]);
  document.writeInt32LE(document.length);
  const header = Buffer.alloc(21);
  header.writeInt32LE(header.length + document.length, 0);
  header.writeInt32LE(1, 4);
  header.writeInt32LE(2013, 12);
  return Buffer.concat([header, document]);
})();
