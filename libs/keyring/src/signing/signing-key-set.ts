import { exportJWK, generateKeyPair } from 'jose';
import { KeyringError } from '../errors.ts';
import type { KeyRing, SealBinding } from '../key-ring.ts';
import type { PublicSigningJwk, StoredSigningKey } from './signing-key-store.ts';
import { signingAlgorithm } from './token.ts';

export interface RotationTimes {
  /** How long a key signs, in milliseconds. */
  readonly rotateAfterMs: number;
  /** How long a retired key stays published, in milliseconds. */
  readonly overlapMs: number;
}

/** What a set of keys needs now. */
export type RotationNeed = 'nothing' | 'create' | 'rotate' | 'forget';

export const signingKeyBinding = (kid: string): SealBinding => ({ table: 'signing-key', row: kid, field: 'private' });

const isForgettable = (key: StoredSigningKey, now: number, { overlapMs }: RotationTimes): boolean =>
  key.state === 'retired' && now >= key.since + overlapMs;

export const rotationNeed = (keys: readonly StoredSigningKey[], now: number, times: RotationTimes): RotationNeed => {
  const active = keys.find(({ state }) => state === 'active');
  if (active === undefined) return 'create';
  if (now >= active.since + times.rotateAfterMs) return 'rotate';
  return keys.some((key) => isForgettable(key, now, times)) ? 'forget' : 'nothing';
};

export const withoutForgotten = (
  keys: readonly StoredSigningKey[],
  now: number,
  times: RotationTimes,
): readonly StoredSigningKey[] => keys.filter((key) => !isForgettable(key, now, times));

/** The next key signs, the active one retires, `fresh` is the new next one. */
export const rotated = (
  keys: readonly StoredSigningKey[],
  fresh: StoredSigningKey,
  now: number,
  times: RotationTimes,
): readonly StoredSigningKey[] => {
  const stepped = keys.map((key): StoredSigningKey => {
    if (key.state === 'next') return { ...key, state: 'active', since: now };
    if (key.state === 'active') return { ...key, state: 'retired', since: now };
    return key;
  });
  return [...withoutForgotten(stepped, now, times), fresh];
};

/** A new ES256 key pair whose private half is sealed. */
export const generateSigningKey = async (
  kid: string,
  state: 'next' | 'active',
  keyRing: KeyRing,
  now: number,
): Promise<StoredSigningKey> => {
  const pair = await generateKeyPair(signingAlgorithm, { extractable: true });
  const { kty, crv, x, y } = await exportJWK(pair.publicKey);
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
    throw new KeyringError('signing_key_invalid', 'the key pair made is not on P-256');
  }
  const publicJwk: PublicSigningJwk = { kty: 'EC', crv: 'P-256', x, y };
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey));
  return { kid, state, publicJwk, sealedPrivate: keyRing.seal(privateJwk, signingKeyBinding(kid)), since: now };
};

/** The same keys with every private half sealed by the ring's first key. */
export const resealed = (keys: readonly StoredSigningKey[], keyRing: KeyRing): readonly StoredSigningKey[] =>
  keys.map((key) => {
    if (!keyRing.needsReseal(key.sealedPrivate)) return key;
    const binding = signingKeyBinding(key.kid);
    return { ...key, sealedPrivate: keyRing.seal(keyRing.open(key.sealedPrivate, binding), binding) };
  });
