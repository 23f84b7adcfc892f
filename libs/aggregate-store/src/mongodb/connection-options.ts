import { type ConnectOptions, mongo } from 'mongoose';

export interface ConnectionSettings {
  /** `mongodb://` or `mongodb+srv://`, with user, TLS and replica set as the driver knows them. */
  readonly uri: string;
  /** Shown in the server's log and list of connections. */
  readonly appName: string;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Connections to one server at most. */
  readonly poolSize: number;
}

export const usualDatabase = 'gatehouse';

/** Finding a server and connecting to it take their share of `timeoutMs`, so that the caller learns why. */
const connectShareMs = 2_000;

/** What decides whether an acknowledged change can be lost, or a lost one be read, is not the address's to say. */
const fixedHere = ['w', 'wtimeout', 'wtimeoutms', 'journal', 'fsync', 'readconcernlevel', 'readpreference'];

const parametersOf = (uri: string): readonly string[] => {
  const start = uri.indexOf('?');
  return start < 0 ? [] : [...new URLSearchParams(uri.slice(start + 1)).keys()].map((name) => name.toLowerCase());
};

const namesDatabase = (uri: string): boolean => /^[a-z+]+:\/\/[^/?]*\/[^?]/.test(uri);

/** Text without the user and password of any address in it. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^/\s]*@/g, '//•••@');

/**
 * Options of the driver for an address. Truth lives here: a write counts when a majority has it in its journal, a read
 * sees only what a majority has (a single node without replica set is its own majority), and nothing waits for ever.
 */
export const connectionOptions = ({ uri, appName, timeoutMs, poolSize }: ConnectionSettings): ConnectOptions => ({
  ...(namesDatabase(uri) ? {} : { dbName: usualDatabase }),
  appName,
  maxPoolSize: poolSize,
  serverSelectionTimeoutMS: Math.min(connectShareMs, timeoutMs),
  connectTimeoutMS: Math.min(connectShareMs, timeoutMs),
  waitQueueTimeoutMS: timeoutMs,
  socketTimeoutMS: timeoutMs,
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: timeoutMs },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
});

/** What is wrong with an address, in words that repeat none of its secrets; undefined for one that can be used. */
export const mongoUriFault = (uri: string): string | undefined => {
  if (!/^mongodb(\+srv)?:\/\//.test(uri)) return 'is not mongodb://… or mongodb+srv://…';
  const fixed = parametersOf(uri).filter((name) => fixedHere.includes(name));
  if (fixed.length > 0) return `must leave ${fixed.join(', ')} out: what counts as written is fixed`;
  const { bufferCommands, autoIndex, autoCreate, dbName, ...driverOptions } = connectionOptions({
    uri,
    appName: '',
    timeoutMs: 1,
    poolSize: 1,
  });
  try {
    new mongo.MongoClient(uri, driverOptions);
    return undefined;
  } catch (error) {
    return error instanceof Error ? withoutCredentials(error.message) : 'cannot be read';
  }
};
