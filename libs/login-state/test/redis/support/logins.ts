import { createIds, systemClock } from '@gatehouse/contracts';
import type { CompleteLogin, LoginAttempt, SessionRecord } from '../../../src/index.ts';
import { type RedisLoginStateOptions, redisLoginState } from '../../../src/redis/index.ts';
import { silentLogger } from './silent-logger.ts';

export const ids = createIds();
export const minutes = 60_000;

export const anAttempt = (): LoginAttempt => ({
  id: ids.id('attempt'),
  handle: ids.secret(),
  connectorId: 'con_1',
  connectorVersion: 1,
  browserHash: ids.secret(),
  returnTo: '/',
  requestId: `_${ids.secret(20)}`,
  startedAt: systemClock.now(),
  expiresAt: systemClock.now() + 10 * minutes,
});

export const aSession = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  kind: 'user',
  id: ids.id('session'),
  tokenHash: ids.secret(),
  principalId: 'usr_1',
  connectorId: 'con_1',
  startedAt: systemClock.now(),
  lastSeenAt: systemClock.now(),
  idleMs: 10 * minutes,
  expiresAt: systemClock.now() + 10 * minutes,
  data: {},
  ...changes,
});

export const aFact = (key: string) => ({ topic: 'gatehouse.login.events', key, value: '{}', headers: {} });

/** The step that completes this attempt; each call is another browser that tries. */
export const completionOf = ({ id, handle }: LoginAttempt, session = aSession()): CompleteLogin => ({
  attemptHandle: handle,
  claim: { key: `claim of ${handle}`, until: systemClock.now() + 10 * minutes },
  session,
  facts: () => [aFact(id), aFact(session.id)],
});

/** A state of its own on this Redis; not connected yet. */
export const openState = (options: Pick<RedisLoginStateOptions, 'url'> & Partial<RedisLoginStateOptions>) =>
  redisLoginState({ clock: systemClock, logger: silentLogger, ...options });

/** What the call came to: its answer, or the code of its refusal. */
export const outcomeOf = async <Answer>(call: Promise<Answer>): Promise<Answer | 'unavailable'> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'state_unavailable') return 'unavailable';
    throw error;
  }
};
