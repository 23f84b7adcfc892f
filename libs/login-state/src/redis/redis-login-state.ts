import type { Clock } from '@gatehouse/contracts';
import type { Logger } from '@gatehouse/event-log';
import type { LoginState } from '../login-state.ts';
import { redisAttempts } from './attempts.ts';
import { type Connection, openConnection } from './connection.ts';
import { keysUnder } from './keys.ts';
import { redisLeases } from './leases.ts';
import { redisOutbox } from './outbox.ts';
import { unavailable } from './redis-faults.ts';
import type { RedisServer } from './redis-options.ts';
import { scripts } from './scripts.ts';
import { readServerInfo } from './server-checks.ts';
import { redisSessions } from './sessions.ts';
import { decodeMark, decodeTimed, encodeTimed } from './values.ts';

export interface RedisLoginStateOptions extends RedisServer {
  /** Clocks of all processes on one state must agree within the seconds that a lease and a session may be off by. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Before every key; `gatehouse:` unless told. Installations that share a Redis differ in it. */
  readonly prefix?: string | undefined;
  /**
   * How many replicas must have what is taken (a login, a single-use value, a claim, a lease, an ended session, a deny mark) before
   * it counts; 0 unless told. Set it to all the replicas that a failover may promote.
   */
  readonly replicas?: number | undefined;
  /** How long replicas have for that, in milliseconds; 200 unless told. */
  readonly replicaWaitMs?: number | undefined;
  /** How many facts may wait to be published; 100,000 unless told. */
  readonly factsLimit?: number | undefined;
  /** How many bytes of posted answers may wait for their browsers, over all attempts; 64 MiB unless told. */
  readonly stashLimit?: number | undefined;
}

/** Writes, has the replicas confirm it, and reads what server this is. */
const createCheck = (connection: Connection, probeKey: string, clock: Clock, logger: Logger) => {
  let told: string | undefined;
  return async (): Promise<void> => {
    await connection.connected();
    const info = await connection
      .run((redis) => redis.info())
      .catch((error: Error) => {
        // A managed server may keep INFO to itself. Everything else that is wrong shows in the write below.
        if (!error.message.includes('NOPERM')) throw error;
        return undefined;
      });
    const { refusal, warnings } =
      info === undefined
        ? {
            refusal: undefined,
            warnings: ['INFO is not permitted: version, eviction policy and persistence are unknown'],
          }
        : readServerInfo(info);
    if (refusal !== undefined) throw unavailable(new Error(refusal));
    const all = warnings.join('; ');
    if (all !== '' && all !== told) logger.warn({ warnings }, 'login state is on a Redis that may forget');
    told = all;
    await connection.runLasting((redis) => redis.set(probeKey, clock.now(), 'PX', 60_000));
  };
};

/**
 * Login state on Redis 7 or newer, single or behind Sentinel, for many processes at once. Connects by itself, in the background and for
 * ever; until then, and whenever Redis does not answer within half a second, every call is `state_unavailable`.
 *
 * Round trips: one for each call, but two for `endSession`, and one more for `completeLogin` and `recordRefusal` of an attempt that
 * was refused before. A whole login is seven (at the start deny marks and attempt; at the answer attempt, deny marks three times, the
 * completing step), ten when the answer is a cross-site POST that is stashed first, and up to three more when the browser has a session
 * that the new one replaces. A session check is one (`readSessionAndMarks`).
 *
 * Durability is that of the server. With an append-only file, a killed Redis loses nothing that was answered; `appendfsync everysec` may
 * lose the last second in a power cut. With replicas, see `replicas` and docs/explanation/redis-failover.md.
 * @throws TypeError for an address that is none
 */
export const redisLoginState = (options: RedisLoginStateOptions): LoginState => {
  const { clock, logger, prefix = 'gatehouse:', replicas = 0, replicaWaitMs = 200 } = options;
  const { factsLimit = 100_000, stashLimit = 64 * 1024 * 1024 } = options;
  const connection = openConnection({ ...options, replicas, replicaWaitMs, logger });
  const keys = keysUnder(prefix);
  const outbox = redisOutbox('auth-gateway.logins', connection, keys.facts);
  const shared = { connection, prefix, keys, clock, factsLimit, announce: outbox.announce };

  return {
    ...redisAttempts({ ...shared, stashLimit }),
    ...redisSessions(shared),
    leases: redisLeases(connection, prefix, clock),
    outbox,

    async putOnce(key, value, until) {
      const life = until - clock.now();
      await connection.run(async (redis) => {
        if (life > 0) await redis.set(keys.once(key), encodeTimed(until, value), 'PX', life);
        else await redis.del(keys.once(key));
      });
    },
    async takeOnce(key) {
      const taken = await connection.runLasting((redis) => redis.getdel(keys.once(key)));
      return decodeTimed(taken, clock.now());
    },
    async claim(key, until) {
      return (await connection.scriptLasting(scripts.claim, [prefix, clock.now(), key, until])) === 1;
    },

    async putDenyMarks(marks, until) {
      if (marks.length === 0) return;
      const values = marks.flatMap(({ subject, version }) => [subject, version]);
      await connection.scriptLasting(scripts.putDenyMarks, [prefix, clock.now(), until, ...values]);
    },
    async readDenyMarks(subjects) {
      if (subjects.length === 0) return [];
      const now = clock.now();
      const values = await connection.run((redis) => redis.mget(subjects.map(keys.denyMark)));
      return subjects.map((subject, i) => decodeMark(subject, values[i], now)).filter((mark) => mark !== undefined);
    },

    async sweep(limit) {
      // Keys go by themselves; only the names of sessions that ran out stay in the lists.
      await connection.script(scripts.clearEnded, [prefix, clock.now(), limit]);
      return 0;
    },
    check: createCheck(connection, keys.probe, clock, logger),
    async close() {
      connection.close();
    },
  };
};
