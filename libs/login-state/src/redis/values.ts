import type { LogRecord } from '@gatehouse/event-log';
import type { DenyMark, LoginAttempt, SessionKind, SessionRecord } from '../login-state.ts';

/** Texts as they stand in Redis. What scripts must read comes before the JSON, so that they need not parse it. */

export const encodeAttempt = (attempt: LoginAttempt): string => `0 0 ${attempt.expiresAt} ${JSON.stringify(attempt)}`;

export interface StoredAttempt {
  readonly attempt: LoginAttempt;
  readonly used: boolean;
  readonly refusals: number;
}

/** Undefined when it is over at `now`. */
export const decodeAttempt = (value: string, now: number): StoredAttempt | undefined => {
  const [used, refusals, until] = value.split(' ', 3);
  if (used === undefined || refusals === undefined || until === undefined || Number(until) <= now) return undefined;
  const json = value.slice(used.length + refusals.length + until.length + 3);
  return { attempt: JSON.parse(json) as LoginAttempt, used: used === '1', refusals: Number(refusals) };
};

type SessionRest = Pick<SessionRecord, 'id' | 'tokenHash' | 'startedAt' | 'data'>;

export const encodeSession = (session: SessionRecord): string => {
  const {
    kind,
    id,
    tokenHash,
    principalId,
    connectorId = '',
    startedAt,
    lastSeenAt,
    idleMs,
    expiresAt,
    data,
  } = session;
  const rest: SessionRest = { id, tokenHash, startedAt, data };
  return `${lastSeenAt} ${idleMs} ${expiresAt}\n${kind}\n${principalId}\n${connectorId}\n${JSON.stringify(rest)}`;
};

export const decodeSession = (value: string): SessionRecord => {
  const [times = '', kind, principalId = '', connectorId, rest = '{}'] = value.split('\n', 5);
  const [lastSeenAt = 0, idleMs = 0, expiresAt = 0] = times.split(' ').map(Number);
  const { id, tokenHash, startedAt, data } = JSON.parse(rest) as SessionRest;
  return {
    kind: kind as SessionKind,
    id,
    tokenHash,
    principalId,
    connectorId: connectorId === '' ? undefined : connectorId,
    startedAt,
    lastSeenAt,
    idleMs,
    expiresAt,
    data,
  };
};

export const isOver = ({ expiresAt, lastSeenAt, idleMs }: SessionRecord, now: number): boolean =>
  Math.min(expiresAt, lastSeenAt + idleMs) <= now;

/** A value behind its end, as single-use values stand. */
export const encodeTimed = (until: number, value: string): string => `${until} ${value}`;

/** The value, unless it is over at `now`. */
export const decodeTimed = (text: string | null, now: number): string | undefined => {
  if (text === null) return undefined;
  const space = text.indexOf(' ');
  return Number(text.slice(0, space)) <= now ? undefined : text.slice(space + 1);
};

/** The mark on `subject`; undefined when there is none at `now`. */
export const decodeMark = (subject: string, value: string | null | undefined, now: number): DenyMark | undefined => {
  if (value === null || value === undefined) return undefined;
  const [version, until] = value.split(' ').map(Number);
  return version === undefined || until === undefined || until <= now ? undefined : { subject, version };
};

export const encodeFacts = (records: readonly LogRecord[]): string[] => records.map((record) => JSON.stringify(record));

export const decodeFact = (json: string): LogRecord => {
  const { topic, key, value, headers } = JSON.parse(json) as LogRecord;
  return { topic, key, value, headers };
};
