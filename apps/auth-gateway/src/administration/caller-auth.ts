import { timingSafeEqual } from 'node:crypto';
import type { AggregateStore } from '@gatehouse/aggregate-store';
import { type Caller, type Clock, headers, ProblemError, rights } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { FastifyRequest } from 'fastify';
import type { CurrentSession } from '../sessions/current-session.ts';
import type { AdminSessions } from './admin-session.ts';
import { type ApiKeyState, isSecretOf, readApiKey } from './api-key.ts';

/** Hooks that find out who calls and put him into `request.caller`. */
export interface CallerAuth {
  /** An API key, or an administrator's session with its CSRF token. @throws ProblemError */
  byKeyOrSession(request: FastifyRequest): Promise<void>;
  /** An API key only: the internal port knows no browsers. @throws ProblemError `unauthenticated` */
  byApiKey(request: FastifyRequest): Promise<void>;
}

/** The actor of `GATEHOUSE_ADMIN_KEY`, which has no id of its own. */
export const adminKeyActor = 'api-key/GATEHOUSE_ADMIN_KEY';

const bearer = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i;
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const unauthenticated = (): ProblemError =>
  new ProblemError('unauthenticated', { headers: { 'www-authenticate': 'Bearer' } });

const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(tokenHash(a)), Buffer.from(tokenHash(b)));

export const createCallerAuth = (deps: {
  readonly apiKeys: AggregateStore<ApiKeyState>;
  readonly adminSessions: AdminSessions;
  readonly currentSession: CurrentSession;
  readonly adminKey: string | undefined;
  readonly clock: Clock;
}): CallerAuth => {
  const { apiKeys, adminSessions, currentSession, adminKey, clock } = deps;

  const ofStoredKey = async (text: string): Promise<Caller | undefined> => {
    const read = readApiKey(text);
    const saved = read === undefined ? undefined : await apiKeys.load(read.id);
    if (read === undefined || saved === undefined) return undefined;
    const { secretHash, expiresAt, rights: granted } = saved.state;
    if (!isSecretOf(read.secret, secretHash)) return undefined;
    // A text that is no instant to Date compares as false: then the key counts as expired.
    const isValid = expiresAt === undefined || Date.parse(expiresAt) > clock.now();
    return !isValid ? undefined : { actor: `api-key/${read.id}`, rights: granted };
  };

  const ofAuthorization = async (authorization: string): Promise<Caller> => {
    const text = bearer.exec(authorization)?.[1];
    if (text === undefined) throw unauthenticated();
    if (adminKey !== undefined && isSame(text, adminKey)) return { actor: adminKeyActor, rights };
    const caller = await ofStoredKey(text);
    if (caller === undefined) throw unauthenticated();
    return caller;
  };

  const ofSession = async (request: FastifyRequest): Promise<Caller | undefined> => {
    const signedIn = await adminSessions.read(request.headers.cookie);
    if (signedIn === undefined) return undefined;
    const given = request.headers[headers.csrf];
    const mayPass =
      readingMethods.has(request.method) || (typeof given === 'string' && isSame(given, signedIn.csrfToken));
    if (!mayPass) throw new ProblemError('csrf_token_invalid');
    return { actor: `administrator/${signedIn.state.id}`, rights: ['admin', 'read'] };
  };

  return {
    async byApiKey(request) {
      const { authorization } = request.headers;
      if (authorization === undefined) throw unauthenticated();
      request.caller = await ofAuthorization(authorization);
    },
    async byKeyOrSession(request) {
      const { authorization, cookie } = request.headers;
      request.caller = authorization === undefined ? await ofSession(request) : await ofAuthorization(authorization);
      if (request.caller !== undefined) return;
      // Signed in, but as a user: that is somebody, and he may do nothing here.
      if ((await currentSession.ofCookie(cookie)) !== undefined) throw new ProblemError('forbidden');
      throw unauthenticated();
    },
  };
};
