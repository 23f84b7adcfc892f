import { hash } from 'node:crypto';
import type { AggregateStore } from '@gatehouse/aggregate-store';
import { type AdministratorSession, type Clock, type Ids, isoTime, sessionLives } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { LoginState, SessionRecord } from '@gatehouse/login-state';
import type { Cookies } from '../cookies.ts';
import { endOfSession } from '../sessions/current-session.ts';
import { type AdministratorState, shownAdministrator } from './administrator.ts';

/** An administrator's session that counts now. */
export interface SignedInAdministrator {
  readonly session: SessionRecord;
  readonly state: AdministratorState;
  readonly csrfToken: string;
}

export interface AdminSessions {
  /** Starts a session; the cookie's value is in `setCookie` only. */
  start(
    state: AdministratorState,
    userAgent: string | undefined,
  ): Promise<{ readonly signedIn: SignedInAdministrator; readonly setCookie: string }>;
  /** Of a `Cookie` header. Counts as use. @throws LoginStateError, AggregateStoreError */
  read(cookieHeader: string | undefined): Promise<SignedInAdministrator | undefined>;
  shown(signedIn: SignedInAdministrator): AdministratorSession;
  end(sessionId: string): Promise<void>;
  endAllOf(administratorId: string): Promise<void>;
}

const touchEveryMs = 60_000;
const longestUserAgent = 200;

/**
 * The token that changes must bring beside the cookie. Made from the session's token, so that it need not be stored: whoever
 * cannot read the cookie cannot make it, and it tells nothing about the cookie.
 */
export const csrfTokenOf = (sessionToken: string): string =>
  hash('sha256', `gatehouse-csrf-v1|${sessionToken}`, 'base64url');

export const createAdminSessions = (deps: {
  readonly loginState: LoginState;
  readonly administrators: AggregateStore<AdministratorState>;
  readonly cookies: Cookies;
  readonly clock: Clock;
  readonly ids: Ids;
}): AdminSessions => {
  const { loginState, administrators, cookies, clock, ids } = deps;

  const shown = ({ session, state, csrfToken }: SignedInAdministrator): AdministratorSession => ({
    administrator: shownAdministrator(state),
    csrfToken,
    expiresAt: isoTime(endOfSession(session)),
  });

  return {
    shown,
    async start(state, userAgent) {
      const now = clock.now();
      const token = ids.secret();
      const session: SessionRecord = {
        kind: 'administrator',
        id: ids.id('session'),
        tokenHash: tokenHash(token),
        principalId: state.id,
        startedAt: now,
        lastSeenAt: now,
        idleMs: sessionLives.administrator.idle,
        expiresAt: now + sessionLives.administrator.absolute,
        data: userAgent === undefined ? {} : { userAgent: userAgent.slice(0, longestUserAgent) },
      };
      await loginState.startSession(session, []);
      return { signedIn: { session, state, csrfToken: csrfTokenOf(token) }, setCookie: cookies.admin.set(token) };
    },
    async read(cookieHeader) {
      const token = cookies.admin.read(cookieHeader);
      const session = token === undefined ? undefined : await loginState.readSession('administrator', tokenHash(token));
      if (token === undefined || session === undefined) return undefined;
      const saved = await administrators.load(session.principalId);
      if (saved === undefined) return undefined;
      const now = clock.now();
      const isDue = now - session.lastSeenAt >= touchEveryMs;
      if (isDue) await loginState.touchSession(session.id, now);
      return {
        session: isDue ? { ...session, lastSeenAt: now } : session,
        state: saved.state,
        csrfToken: csrfTokenOf(token),
      };
    },
    async end(sessionId) {
      await loginState.endSession(sessionId, () => []);
    },
    async endAllOf(administratorId) {
      await loginState.endSessions({ kind: 'administrator', principalId: administratorId }, () => []);
    },
  };
};
