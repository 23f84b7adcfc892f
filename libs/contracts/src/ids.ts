import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';

/** Prefix of every kind of identifier. The prefix tells a reader of a log what an id names. */
export const idPrefixes = {
  connector: 'con',
  user: 'usr',
  administrator: 'adm',
  apiKey: 'key',
  session: 'ses',
  attempt: 'att',
  event: 'evt',
  signingKey: 'sig',
} as const;

export type IdKind = keyof typeof idPrefixes;

/** The only source of randomness: identifiers and secrets. */
export interface Ids {
  /** `con_` and 26 characters of lower-case Crockford base 32: 48 bits of time, 80 random bits; sorts by creation. */
  id(kind: IdKind): string;
  /** An unguessable value of `bytes` random bytes (32 unless told) as base64url. */
  secret(bytes?: number): string;
  /** `bytes` random bytes as lower-case hex digits, as trace and span ids are written. */
  hex(bytes: number): string;
  /** What a refused user reads to support: `SSO-` and 8 signs without 0, 1, I, L, O, U. 40 random bits. */
  refusalReference(): string;
}

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';
const supportSigns = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

const base32 = (value: bigint, length: number): string => {
  let rest = value;
  let text = '';
  for (let i = 0; i < length; i++) {
    text = crockford[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
};

/**
 * Random bytes drawn from the system in larger pieces: one call for each identifier of a request would cost more than the
 * rest of a session check. Every byte is given out once and wiped behind itself.
 */
const pooledRandom = (poolBytes = 4_096): ((bytes: number) => Buffer) => {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (bytes) => {
    if (bytes > poolBytes / 8) return randomBytes(bytes);
    if (used + bytes > pool.length) {
      pool = randomBytes(poolBytes);
      used = 0;
    }
    const given = Buffer.from(pool.subarray(used, used + bytes));
    pool.fill(0, used, used + bytes);
    used += bytes;
    return given;
  };
};

/** Hex digits cut from a longer text: every request names its trace, and no such name is a secret that must be wiped. */
const pooledHex = (random: (bytes: number) => Buffer): ((bytes: number) => string) => {
  let pool = '';
  let used = 0;
  return (bytes) => {
    const digits = bytes * 2;
    if (used + digits > pool.length) {
      pool = random(Math.max(512, bytes)).toString('hex');
      used = 0;
    }
    used += digits;
    return pool.slice(used - digits, used);
  };
};

/**
 * Identifiers from a clock and a source of random bytes.
 * @param random cryptographically strong bytes; only tests replace it
 */
export const createIds = (clock: Clock = systemClock, random: (bytes: number) => Buffer = pooledRandom()): Ids => ({
  id(kind) {
    const value = (BigInt(clock.now()) << 80n) | BigInt(`0x${random(10).toString('hex')}`);
    return `${idPrefixes[kind]}_${base32(value, 26)}`;
  },
  secret: (bytes = 32) => random(bytes).toString('base64url'),
  hex: pooledHex(random),
  refusalReference() {
    // 30 signs out of 256 values: bytes of 240 and more are dropped, so that every sign is equally likely.
    let reference = '';
    while (reference.length < 8) {
      for (const byte of random(16)) {
        if (byte < 240 && reference.length < 8) reference += supportSigns[byte % 30];
      }
    }
    return `SSO-${reference}`;
  },
});
