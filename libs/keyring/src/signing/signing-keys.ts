import type { Clock, Ids } from '@gatehouse/contracts';
import { type CryptoKey, importJWK, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose';
import { KeyringError } from '../errors.ts';
import type { KeyRing } from '../key-ring.ts';
import {
  generateSigningKey,
  type RotationTimes,
  resealed,
  rotated,
  rotationNeed,
  signingKeyBinding,
  withoutForgotten,
} from './signing-key-set.ts';
import type { SigningKeyCopy, SigningKeyStore, StoredSigningKey, StoredSigningKeys } from './signing-key-store.ts';
import { signingAlgorithm, type TokenExpectation, type VerifiedClaims, verifyToken } from './token.ts';

export interface SigningKeysOptions {
  readonly store: SigningKeyStore;
  /** What the store last held, for a start while it does not answer. */
  readonly copy?: SigningKeyCopy | undefined;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly ids: Ids;
  /** How long a key signs, in milliseconds; 30 days unless told. */
  readonly rotateAfterMs?: number;
  /**
   * How long a retired key stays published, in milliseconds; one hour unless told. No token may live longer than this less two
   * checks, because another process goes on signing with the retired key until its next check.
   */
  readonly overlapMs?: number;
  /** Milliseconds between looks at the store; one minute unless told. */
  readonly checkEveryMs?: number;
  /** Called when a check failed, or its copy could not be kept: the keys in hand go on signing. */
  readonly onCheckFailed?: (error: unknown) => void;
}

export interface TokenToSign {
  readonly typ: string;
  readonly audience: string;
  readonly lifeSeconds: number;
  readonly issuer: string;
  readonly subject: string;
}

export interface SignedToken {
  readonly token: string;
  /** Epoch milliseconds, a whole second. */
  readonly expiresAt: number;
}

/** Keys that sign our tokens, shared by all processes over one store. */
export interface SigningKeys {
  /**
   * A JWT signed with the active key; `payload` cannot override the claims that `token` sets.
   * @throws KeyringError `token_life_too_long`, `signing_keys_closed` before `start`
   */
  sign(payload: JWTPayload, token: TokenToSign): Promise<SignedToken>;
  /**
   * Checks a token of ours. A key that another process has just made is looked up in the store, at most once per check interval.
   * @throws KeyringError `token_*` as `verifyToken`, `signing_keys_closed`
   */
  verify(token: string, expected: TokenExpectation): Promise<VerifiedClaims>;
  /** Public keys, the next one included. @throws KeyringError `signing_keys_closed` */
  jwks(): JSONWebKeySet;
  /**
   * Makes the next key sign now. `rotated` is false when another process did it at the same moment: its keys are taken over.
   * @throws KeyringError `signing_keys_closed`, and what the store throws
   */
  rotate(): Promise<{ readonly rotated: boolean; readonly activeKid: string }>;
  /**
   * Loads the keys, makes them when there are none, and looks after them from then on. While the store does not answer, the
   * copy does. Rejects with what the store throws where there is no copy; may then be called again.
   */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface LoadedKeys {
  readonly revision: number;
  readonly keys: readonly StoredSigningKey[];
  readonly active: { readonly kid: string; readonly privateKey: CryptoKey };
  readonly publicKeys: ReadonlyMap<string, CryptoKey>;
  readonly jwks: JSONWebKeySet;
}

const day = 86_400_000;
/** Every lost save means that another process has saved meanwhile, and then there is rarely anything left to do. */
const mostSaves = 5;
const noRevision = -1;

const importPrivate = async ({ kid, sealedPrivate }: StoredSigningKey, keyRing: KeyRing): Promise<CryptoKey> => {
  const jwk: unknown = JSON.parse(keyRing.openText(sealedPrivate, signingKeyBinding(kid)));
  const key = await importJWK(Object(jwk), signingAlgorithm, { extractable: false });
  if (key instanceof Uint8Array)
    throw new KeyringError('signing_key_invalid', `the signing key ${kid} is not a key pair`);
  return key;
};

const importPublic = async ({ kid, publicJwk }: StoredSigningKey): Promise<CryptoKey> => {
  const key = await importJWK({ ...publicJwk }, signingAlgorithm);
  if (key instanceof Uint8Array)
    throw new KeyringError('signing_key_invalid', `the signing key ${kid} is not a public key`);
  return key;
};

const loadKeys = async ({ revision, keys }: StoredSigningKeys, keyRing: KeyRing): Promise<LoadedKeys> => {
  const active = keys.find(({ state }) => state === 'active');
  if (active === undefined) throw new KeyringError('signing_key_invalid', 'no signing key is active');
  const publicKeys = await Promise.all(keys.map(async (key) => [key.kid, await importPublic(key)] as const));
  return {
    revision,
    keys,
    active: { kid: active.kid, privateKey: await importPrivate(active, keyRing) },
    publicKeys: new Map(publicKeys),
    jwks: { keys: keys.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: signingAlgorithm, use: 'sig' })) },
  };
};

/**
 * Signing keys with rotation. There is always a `next` key that is published long before it signs, so that verifiers know it by
 * then, also when an operator rotates at once. Private keys are stored sealed, bound to their row, and are sealed anew when the
 * master key has been rotated.
 */
export const createSigningKeys = (options: SigningKeysOptions): SigningKeys => {
  const {
    store,
    copy,
    keyRing,
    clock,
    ids,
    rotateAfterMs = 30 * day,
    overlapMs = 3_600_000,
    checkEveryMs = 60_000,
  } = options;
  const times: RotationTimes = { rotateAfterMs, overlapMs };
  let loaded: LoadedKeys | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  let work: Promise<unknown> = Promise.resolve();

  const inHand = (): LoadedKeys => {
    if (loaded === undefined)
      throw new KeyringError('signing_keys_closed', 'the signing keys are not started or already closed');
    return loaded;
  };

  // One change at a time in this process; between processes the store's revision decides.
  const oneAtATime = <Result>(step: () => Promise<Result>): Promise<Result> => {
    const result = work.then(step, step);
    work = result.catch(() => undefined);
    return result;
  };

  const wanted = async (keys: readonly StoredSigningKey[], now: number): Promise<readonly StoredSigningKey[]> => {
    const fresh = (state: 'next' | 'active') => generateSigningKey(ids.id('signingKey'), state, keyRing, now);
    switch (rotationNeed(keys, now, times)) {
      case 'create':
        return [await fresh('active'), await fresh('next')];
      case 'rotate':
        return rotated(keys, await fresh('next'), now, times);
      case 'forget':
        return withoutForgotten(keys, now, times);
      case 'nothing':
        return keys;
    }
  };

  const take = async (stored: StoredSigningKeys): Promise<void> => {
    if (loaded?.revision === stored.revision) return;
    loaded = await loadKeys(stored, keyRing);
    await copy?.write(stored.keys).catch((error: unknown) => options.onCheckFailed?.(error));
  };

  /** A copy counts for no revision: whatever the store says, once it answers, takes its place. */
  const takeCopy = async (cause: unknown): Promise<void> => {
    const keys = await copy?.read();
    if (keys === undefined) throw cause;
    loaded = await loadKeys({ revision: noRevision, keys }, keyRing);
    options.onCheckFailed?.(cause);
  };

  const check = async (): Promise<void> => {
    for (let attempt = 0; attempt < mostSaves; attempt++) {
      lookedAt = clock.now();
      const stored = await store.load();
      const keys = await wanted(stored.keys, lookedAt);
      const unsealed = keys.some(({ sealedPrivate }) => keyRing.needsReseal(sealedPrivate));
      if (keys === stored.keys && !unsealed) return await take(stored);
      await store.save(unsealed ? resealed(keys, keyRing) : keys, stored.revision);
      // Won or lost, the store says what holds now.
    }
    throw new KeyringError('signing_keys_contended', 'the signing keys keep being changed by other processes');
  };

  const checkQuietly = (): Promise<void> => oneAtATime(check).catch((error: unknown) => options.onCheckFailed?.(error));

  const keyOf = async (kid: string): Promise<CryptoKey | undefined> => {
    const known = inHand().publicKeys.get(kid);
    if (known !== undefined) return known;
    // Tokens that come while the store is asked wait for the same answer.
    if (asking === undefined && clock.now() >= lookedAt + checkEveryMs) {
      asking = checkQuietly().finally(() => {
        asking = undefined;
      });
    }
    await asking;
    return inHand().publicKeys.get(kid);
  };

  return {
    async sign(payload, { typ, audience, lifeSeconds, issuer, subject }) {
      const { kid, privateKey } = inHand().active;
      if (lifeSeconds * 1000 > overlapMs - 2 * checkEveryMs) {
        throw new KeyringError('token_life_too_long', 'the token would outlive the key that verifies it');
      }
      const issuedAt = Math.floor(clock.now() / 1000);
      const token = await new SignJWT(payload)
        .setProtectedHeader({ alg: signingAlgorithm, typ, kid })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifeSeconds)
        .sign(privateKey);
      return { token, expiresAt: (issuedAt + lifeSeconds) * 1000 };
    },
    async verify(token, expected) {
      inHand();
      return await verifyToken(token, keyOf, expected, clock.now());
    },
    jwks: () => inHand().jwks,
    rotate: () =>
      oneAtATime(async () => {
        const { keys, revision } = inHand();
        const now = clock.now();
        const fresh = await generateSigningKey(ids.id('signingKey'), 'next', keyRing, now);
        const won = await store.save(rotated(keys, fresh, now, times), revision);
        await check();
        return { rotated: won, activeKid: inHand().active.kid };
      }),
    async start() {
      await oneAtATime(() => check().catch(takeCopy));
      clearInterval(timer);
      timer = setInterval(checkQuietly, checkEveryMs);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await work;
      loaded = undefined;
    },
  };
};
