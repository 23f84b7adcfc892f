import type { Clock } from '@gatehouse/contracts';
import type { LogRecord } from '@gatehouse/event-log';
import {
  denySubjectsOf,
  type LoginState,
  LoginStateError,
  type SessionQuery,
  type SessionRecord,
} from '../login-state.ts';
import { cursorAfter, idBefore } from '../session-cursor.ts';
import type { Connection } from './connection.ts';
import { type Keys, sessionIndex } from './keys.ts';
import { scripts } from './scripts.ts';
import { decodeMark, decodeSession, encodeFacts, encodeSession, isOver } from './values.ts';

type SessionMatch = Omit<SessionQuery, 'limit' | 'cursor'>;

type Sessions = Pick<
  LoginState,
  | 'startSession'
  | 'readSession'
  | 'readSessionAndMarks'
  | 'readSessionById'
  | 'touchSession'
  | 'listSessions'
  | 'endSession'
  | 'endSessions'
>;

/** Names that one script looks at, and sessions that one script ends: short enough not to hold up logins. */
const namesPerStep = 200;

interface Step {
  readonly sessions: readonly SessionRecord[];
  /** Where the next step begins; undefined at the end of the list. */
  readonly last: string | undefined;
}

export interface SessionDeps {
  readonly connection: Connection;
  readonly prefix: string;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly factsLimit: number;
  /** Called when facts may have been appended. */
  readonly announce: () => void;
}

export const redisSessions = (deps: SessionDeps): Sessions => {
  const { connection, prefix, keys, clock, factsLimit, announce } = deps;

  /** The next sessions of a list behind `before`, newest first; names of sessions that are gone are cleared away. */
  const step = async (match: SessionMatch, before: string | undefined, most: number): Promise<Step> => {
    const from = before === undefined ? '+' : `(${before}`;
    const args = [prefix, clock.now(), sessionIndex(match), from, most];
    const [seen, last, ...values] = (await connection.script(scripts.listSessions, args)) as [
      number,
      string,
      ...string[],
    ];
    const sessions = values.map(decodeSession);
    const { principalId, connectorId } = match;
    const isOneOf = (session: SessionRecord): boolean =>
      principalId === undefined || connectorId === undefined || session.connectorId === connectorId;
    return { sessions: sessions.filter(isOneOf), last: seen < most ? undefined : last };
  };

  /** Ends those that still stand and appends their facts, at once. @returns how many were ended here */
  const end = async (
    sessions: readonly SessionRecord[],
    facts: (session: SessionRecord) => readonly LogRecord[],
  ): Promise<number> => {
    let records = 0;
    const args = sessions.flatMap((session) => {
      const made = encodeFacts(facts(session));
      records += made.length;
      return [session.id, made.length, ...made];
    });
    const ended = await connection.scriptLasting(scripts.endSessions, [prefix, clock.now(), ...args]);
    const count = (ended as readonly number[]).filter((one) => one === 1).length;
    if (count > 0 && records > 0) announce();
    return count;
  };

  const byId = async (id: string): Promise<SessionRecord | undefined> => {
    const value = await connection.script(scripts.readSessionById, [prefix, clock.now(), id]);
    return typeof value === 'string' ? decodeSession(value) : undefined;
  };

  /** That nothing was found counts only when the replicas know it: an earlier call may have ended it and failed then. */
  const confirmNone = (): Promise<unknown> =>
    connection.runLasting((redis) => redis.set(keys.probe, clock.now(), 'PX', 60_000));

  return {
    async startSession(session, facts) {
      const key = keys.session(session.kind, session.tokenHash);
      const args = [prefix, clock.now(), key, session.id, encodeSession(session), factsLimit, ...encodeFacts(facts)];
      const outcome = await connection.script(scripts.startSession, args);
      if (outcome === 'facts_full') throw new LoginStateError('facts_full', 'too many facts wait to be published');
      if (facts.length > 0) announce();
    },
    async readSession(kind, tokenHash) {
      const value = await connection.run((redis) => redis.get(keys.session(kind, tokenHash)));
      const session = value === null ? undefined : decodeSession(value);
      return session === undefined || isOver(session, clock.now()) ? undefined : session;
    },
    async readSessionAndMarks(kind, tokenHash) {
      const now = clock.now();
      const found = await connection.script(scripts.readSessionAndMarks, [prefix, now, keys.session(kind, tokenHash)]);
      if (!Array.isArray(found)) return undefined;
      const [value, marks] = found as [string, readonly (string | null)[]];
      const session = decodeSession(value);
      if (isOver(session, now)) return undefined;
      const subjects = denySubjectsOf(session.principalId, session.connectorId ?? '');
      return {
        session,
        marks: subjects.map((subject, i) => decodeMark(subject, marks[i], now)).filter((mark) => mark !== undefined),
      };
    },
    readSessionById: byId,
    async touchSession(id, seenAt) {
      await connection.script(scripts.touchSession, [prefix, clock.now(), id, seenAt]);
    },
    async listSessions(query) {
      const { limit } = query;
      const items: SessionRecord[] = [];
      let before = idBefore(query);
      do {
        const { sessions, last } = await step(query, before, Math.max(limit + 1, 50));
        items.push(...sessions);
        before = last;
      } while (before !== undefined && items.length <= limit);
      const page = items.slice(0, limit);
      const last = page.at(-1);
      if (items.length <= limit || last === undefined) return { items: page };
      return { items: page, nextCursor: cursorAfter(query, last.id) };
    },
    async endSession(id, facts) {
      const session = await byId(id);
      const ended = session === undefined ? 0 : await end([session], facts);
      if (ended === 0) await confirmNone();
      return ended === 1;
    },
    async endSessions(match, facts) {
      if (match.principalId === undefined && match.connectorId === undefined) {
        throw new TypeError('endSessions needs a principal or a connector');
      }
      let total = 0;
      let before: string | undefined;
      do {
        const { sessions, last } = await step(match, before, namesPerStep);
        if (sessions.length > 0) total += await end(sessions, facts);
        before = last;
      } while (before !== undefined);
      if (total === 0) await confirmNone();
      return total;
    },
  };
};
