import { type Clock, isoTime, type OwnSession } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import { type DenyMark, denySubjectsOf, type LoginState, type SessionRecord } from '@gatehouse/login-state';
import type { FastifyBaseLogger } from 'fastify';
import type { Cookies } from '../cookies.ts';
import type { Projection } from '../projection/projection.ts';
import { denies, projectedStanding, type Standing } from './standing.ts';

/** A session that counts now. */
export interface SignedIn extends Standing {
  readonly session: SessionRecord;
}

export interface CurrentSession {
  /**
   * The session of a `Cookie` header: not ended, its user active and linked, its connector enabled. Counts as use.
   * @throws LoginStateError `state_unavailable`
   */
  ofCookie(header: string | undefined): Promise<SignedIn | undefined>;
  /** The same by the session's id, for tokens. */
  ofId(sessionId: string): Promise<SignedIn | undefined>;
}

/** Use is noted at most this often, in milliseconds: a write per request would cost more than the answer. */
const touchEveryMs = 60_000;

/** When a session ends if it is not used again, epoch milliseconds. */
export const endOfSession = ({ lastSeenAt, idleMs, expiresAt }: SessionRecord): number =>
  Math.min(expiresAt, lastSeenAt + idleMs);

export const createCurrentSession = (deps: {
  readonly loginState: LoginState;
  readonly projection: Projection;
  readonly cookies: Cookies;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, 'warn'>;
}): CurrentSession => {
  const { loginState, projection, cookies, clock, logger } = deps;

  const touched = async (session: SessionRecord): Promise<SessionRecord> => {
    const now = clock.now();
    try {
      await loginState.touchSession(session.id, now);
      return { ...session, lastSeenAt: now };
    } catch (error) {
      // The session was read and stands; only its idle time runs on.
      logger.warn({ err: error, sessionId: session.id }, 'session use could not be noted');
      return session;
    }
  };

  const signedIn = (session: SessionRecord, marks: readonly DenyMark[]): SignedIn | undefined => {
    if (session.kind !== 'user' || session.connectorId === undefined) return undefined;
    const { principalId: userId, connectorId, data } = session;
    const stands = projectedStanding(projection, { userId, connectorId, subjectDigest: data.subject });
    if (stands === undefined || marks.some((mark) => denies(mark, projection))) return undefined;
    return { user: stands.user, connector: stands.connector, session };
  };

  const used = async (found: SignedIn | undefined): Promise<SignedIn | undefined> => {
    if (found === undefined || clock.now() - found.session.lastSeenAt < touchEveryMs) return found;
    return { ...found, session: await touched(found.session) };
  };

  return {
    async ofCookie(header) {
      const token = cookies.session.read(header);
      if (token === undefined) return undefined;
      const found = await loginState.readSessionAndMarks('user', tokenHash(token));
      return found === undefined ? undefined : used(signedIn(found.session, found.marks));
    },
    async ofId(sessionId) {
      const session = await loginState.readSessionById(sessionId);
      if (session === undefined) return undefined;
      const subjects = denySubjectsOf(session.principalId, session.connectorId ?? '');
      return used(signedIn(session, await loginState.readDenyMarks(subjects)));
    },
  };
};

/** The answer of `GET /api/session`. */
export const ownSession = ({ session, user, connector }: SignedIn): OwnSession => ({
  user: { id: user.id, username: user.username, displayName: user.displayName },
  connector: { id: connector.id, reference: connector.reference, name: connector.name },
  startedAt: isoTime(session.startedAt),
  expiresAt: isoTime(endOfSession(session)),
});

/**
 * `ownSession` as JSON text, written once for as long as session, user and connector are the very objects that they were: most
 * checks of a session come between two changes of it.
 */
export const createOwnSessionText = (): ((signedIn: SignedIn) => string) => {
  const written = new WeakMap<SessionRecord, Standing & { readonly text: string }>();
  return (signedIn) => {
    const { session, user, connector } = signedIn;
    const known = written.get(session);
    if (known !== undefined && known.user === user && known.connector === connector) return known.text;
    const text = JSON.stringify(ownSession(signedIn));
    written.set(session, { user, connector, text });
    return text;
  };
};
