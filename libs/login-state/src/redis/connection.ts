import type { Logger } from '@gatehouse/event-log';
import { Redis } from 'ioredis';
import { LoginStateError } from '../login-state.ts';
import { unavailable, withoutArguments } from './redis-faults.ts';
import { type RedisServer, redisOptions, waits } from './redis-options.ts';
import { type Script, scripts } from './scripts.ts';

export type ScriptArguments = readonly (string | number)[];

/**
 * The way to Redis. Whatever goes wrong on it is `state_unavailable`, and then a command may have run or not: callers take it for
 * a no. Commands are never sent again.
 */
export interface Connection {
  /** One command that counts as soon as the master has answered. */
  run<Result>(send: (redis: Redis) => Promise<Result>): Promise<Result>;
  script(script: Script, args: ScriptArguments): Promise<unknown>;
  /** As `run`, for what must not come back after a failover: counts only when enough replicas have it too. */
  runLasting<Result>(send: (redis: Redis) => Promise<Result>): Promise<Result>;
  scriptLasting(script: Script, args: ScriptArguments): Promise<unknown>;
  /** Waits for a connection that is being made, at most `waits.connect`. */
  connected(): Promise<void>;
  close(): void;
}

/** Says once per kind of fault that Redis is away, and once that it is back. */
interface Notice {
  lost(fault: Error): void;
  reached(): void;
}

const createNotice = (logger: Logger): Notice => {
  let told: string | undefined;
  return {
    lost({ message }) {
      if (told === message) return;
      told = message;
      logger.warn({ fault: message }, 'login state is not reached, tries again');
    },
    reached() {
      if (told !== undefined) logger.info({}, 'login state is reached');
      told = undefined;
    },
  };
};

/** A master that has become a replica: the next connection finds its successor. */
const isReadOnly = (error: unknown): boolean => error instanceof Error && error.message.startsWith('READONLY');

/** One client that connects again for ever. */
const openClient = (server: RedisServer, notice: Notice) => {
  const redis = new Redis(redisOptions(server));
  let fault: Error | undefined;
  let isClosed = false;
  let isLeaving = false;
  let again: NodeJS.Timeout | undefined;

  const connect = (): void => {
    // What goes wrong arrives as an `error` event too.
    redis.connect().catch(() => undefined);
  };
  redis.on('error', (error: unknown) => {
    fault = withoutArguments(error);
    if (!isClosed) notice.lost(fault);
  });
  redis.on('ready', () => {
    // Before anything else is sent, so that hashes are known; where that fails, `withScript` sends the text.
    for (const { lua } of Object.values(scripts)) redis.script('LOAD', lua).catch(() => undefined);
    fault = undefined;
    notice.reached();
  });
  redis.on('close', () => {
    isLeaving = false;
  });
  // ioredis gives up when a connection is dropped while it asks the Sentinels (the connector's promise rejects).
  redis.on('end', () => {
    if (!isClosed) again = setTimeout(connect, waits.longestPause);
  });
  connect();

  return {
    redis,
    /** What a caller is told: why there is no connection, rather than that there is none. */
    faultOf(error: unknown): LoginStateError {
      if (error instanceof LoginStateError) return error;
      if (isReadOnly(error) && !isLeaving) {
        isLeaving = true;
        redis.disconnect(true);
      }
      if (isClosed) return unavailable(new Error('it is closed'));
      const isApart = redis.status !== 'ready' && fault !== undefined;
      return unavailable(isApart ? (fault ?? withoutArguments(error)) : withoutArguments(error));
    },
    async connected(): Promise<void> {
      if (redis.status === 'ready' || isClosed) return;
      let late: NodeJS.Timeout | undefined;
      let ready = (): void => undefined;
      await new Promise<void>((resolve) => {
        ready = resolve;
        redis.once('ready', ready);
        late = setTimeout(resolve, waits.connect);
      });
      clearTimeout(late);
      redis.off('ready', ready);
    },
    close(): void {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(again);
      redis.disconnect();
    },
  };
};

type Client = ReturnType<typeof openClient>;

const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');

/** By its hash, and whole where Redis has lost it. It did not run the first time, so this is no repetition. */
const withScript = async <Result>(attempt: (isWhole: boolean) => Promise<Result>): Promise<Result> => {
  try {
    return await attempt(false);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return await attempt(true);
  }
};

const evaluate = (redis: Redis, { lua, sha }: Script, args: ScriptArguments, isWhole: boolean): Promise<unknown> =>
  isWhole ? redis.eval(lua, 0, ...args) : redis.evalsha(sha, 0, ...args);

/** Runs what waits for replicas on a client of its own: `WAIT` holds up everything behind it. */
const createLasting = ({ redis }: Client, replicas: number, replicaWaitMs: number) => {
  let shared: Promise<number> | undefined;
  // One WAIT speaks for all that was sent on this client before it: commands of one turn share it.
  const acknowledged = (): Promise<number> => {
    shared ??= Promise.resolve().then(() => {
      shared = undefined;
      return redis.wait(replicas, replicaWaitMs);
    });
    return shared;
  };
  return async <Result>(send: (redis: Redis) => Promise<Result>): Promise<Result> => {
    const [result, count] = await Promise.all([send(redis), acknowledged()]);
    if (count < replicas) throw unavailable(new Error(`${count} of ${replicas} replicas have confirmed`));
    return result;
  };
};

export interface ConnectionOptions extends RedisServer {
  readonly replicas: number;
  readonly replicaWaitMs: number;
  readonly logger: Logger;
}

export const openConnection = (options: ConnectionOptions): Connection => {
  const { replicas, replicaWaitMs, logger } = options;
  const notice = createNotice(logger);
  const client = openClient(options, notice);
  const lastingClient = replicas === 0 ? client : openClient(options, notice);
  const lasting =
    replicas === 0
      ? <Result>(send: (redis: Redis) => Promise<Result>): Promise<Result> => send(client.redis)
      : createLasting(lastingClient, replicas, replicaWaitMs);

  const guarded = async <Result>({ faultOf }: Client, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error);
    }
  };

  return {
    run: (send) => guarded(client, () => send(client.redis)),
    script: (script, args) =>
      guarded(client, () => withScript((isWhole) => evaluate(client.redis, script, args, isWhole))),
    runLasting: (send) => guarded(lastingClient, () => lasting(send)),
    scriptLasting: (script, args) =>
      guarded(lastingClient, () => withScript((isWhole) => lasting((redis) => evaluate(redis, script, args, isWhole)))),
    async connected() {
      await Promise.all([client.connected(), lastingClient.connected()]);
    },
    close() {
      client.close();
      lastingClient.close();
    },
  };
};
