import { type Caller, InternalClaims, matches, ProblemError, type Right } from '@gatehouse/contracts';
import { KeyringError } from '@gatehouse/keyring';
import type { FastifyRequest } from 'fastify';

export interface CallerAuthDeps {
  /**
   * Verifies signature, `typ`, `aud`, `iss` and expiry of an internal token and gives its claims; rejects for any other
   * token. `TokenVerifier.verify` of the key ring does it.
   */
  verifyInternalToken(token: string): Promise<unknown>;
}

// RFC 6750 2.1: b64token.
const bearer = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i;

const unauthenticated = (cause?: unknown): ProblemError =>
  new ProblemError('unauthenticated', { cause, headers: { 'www-authenticate': 'Bearer' } });

/** The keys could not be fetched, so nothing is known about the token. */
const cannotVerify = (error: unknown): boolean => error instanceof KeyringError && error.code === 'jwks_unavailable';

/**
 * Hook of services behind the gateway: the caller is whom the internal token names, whoever calls. A user's session or
 * token is never one.
 * @throws ProblemError `unauthenticated`; `not_ready` while there are no keys to verify with
 */
export const createCallerAuth =
  ({ verifyInternalToken }: CallerAuthDeps) =>
  async (request: FastifyRequest): Promise<void> => {
    const token = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw unauthenticated();
    const claims = await verifyInternalToken(token).catch((error: unknown) => {
      throw cannotVerify(error) ? new ProblemError('not_ready', { cause: error }) : unauthenticated(error);
    });
    if (!matches(InternalClaims, claims)) throw unauthenticated();
    request.caller = { actor: claims.sub, rights: claims.rights };
  };

/** @throws ProblemError `unauthenticated` where no hook has found out who calls */
export const callerOf = (request: FastifyRequest): Caller => {
  if (request.caller === undefined) throw unauthenticated();
  return request.caller;
};

/** Whether the caller may do what needs this right; `admin` includes `read`. */
export const hasRight = (caller: Caller, right: Right): boolean =>
  caller.rights.includes(right) || (right === 'read' && caller.rights.includes('admin'));

/**
 * Hook behind the one that finds the caller.
 * @throws ProblemError `unauthenticated`, `forbidden`
 */
export const requireRight =
  (right: Right) =>
  async (request: FastifyRequest): Promise<void> => {
    if (!hasRight(callerOf(request), right))
      throw new ProblemError('forbidden', { detail: `This needs the right ${right}` });
  };
