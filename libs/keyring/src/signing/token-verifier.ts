import type { Clock } from '@gatehouse/contracts';
import { type CryptoKey, importJWK, type JSONWebKeySet, type JWK } from 'jose';
import { KeyringError } from '../errors.ts';
import { signingAlgorithm, type TokenExpectation, type VerifiedClaims, verifyToken } from './token.ts';

export interface TokenVerifierOptions extends TokenExpectation {
  /** Fetches the issuer's keys, with a time-out of its own. */
  readonly jwks: () => Promise<JSONWebKeySet>;
  readonly clock: Clock;
  /** An unknown key id makes the keys be fetched anew, at most once in this many milliseconds; 10 s unless told. */
  readonly refreshEveryMs?: number;
  /** Keys are fetched anew after this many milliseconds, so that withdrawn ones are forgotten; 10 min unless told. */
  readonly freshForMs?: number;
}

export interface TokenVerifier {
  /**
   * The claims of a token that is what the verifier expects.
   * @throws KeyringError `token_*` as `verifyToken`; `jwks_unavailable` when no keys could be fetched yet: the token may be good
   */
  verify(token: string): Promise<VerifiedClaims>;
}

const isUsable = (jwk: JWK): boolean =>
  jwk.kty === 'EC' &&
  jwk.crv === 'P-256' &&
  (jwk.alg === undefined || jwk.alg === signingAlgorithm) &&
  (jwk.use === undefined || jwk.use === 'sig') &&
  jwk.d === undefined;

const importKeys = async ({ keys }: JSONWebKeySet): Promise<ReadonlyMap<string, CryptoKey>> => {
  const byKid = new Map<string, CryptoKey>();
  for (const jwk of keys) {
    if (!isUsable(jwk) || jwk.kid === undefined) continue;
    const key = await importJWK(jwk, signingAlgorithm);
    if (!(key instanceof Uint8Array)) byKid.set(jwk.kid, key);
  }
  return byKid;
};

/**
 * Verifies tokens of one kind by the issuer's published keys, for services that do not hold the keys. Keys once fetched go on
 * being used while the issuer does not answer.
 */
export const createTokenVerifier = (options: TokenVerifierOptions): TokenVerifier => {
  const { jwks, clock, typ, audience, issuer, refreshEveryMs = 10_000, freshForMs = 600_000 } = options;
  let keys: ReadonlyMap<string, CryptoKey> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let lastFailure: unknown;
  let fetching: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    triedAt = clock.now();
    try {
      keys = await importKeys(await jwks());
      fetchedAt = clock.now();
      lastFailure = undefined;
    } catch (error) {
      lastFailure = error;
    }
  };

  // Callers that come while keys are fetched wait for the same answer.
  const refresh = async (): Promise<void> => {
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined;
    });
    await fetching;
  };

  const keyOf = async (kid: string): Promise<CryptoKey | undefined> => {
    const now = clock.now();
    const known = keys?.get(kid);
    const isDue = known === undefined || now >= fetchedAt + freshForMs;
    if (isDue && (fetching !== undefined || now >= triedAt + refreshEveryMs)) await refresh();
    if (keys === undefined)
      throw new KeyringError('jwks_unavailable', 'the keys of the issuer could not be fetched', { cause: lastFailure });
    return keys.get(kid);
  };

  return { verify: (token) => verifyToken(token, keyOf, { typ, audience, issuer }, clock.now()) };
};
