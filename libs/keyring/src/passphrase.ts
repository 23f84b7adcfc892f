import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { KeyringError } from './errors.ts';

/**
 * scrypt with N = 2^17, r = 8, p = 1 (128 MiB, about 0.3 s): the first choice of the OWASP Password Storage Cheat Sheet.
 * Hashes down to N = 2^15 are still verified, so that the cost can be lowered for small machines.
 */
export const passphraseCost = { default: 17, least: 15, most: 17 } as const;
/** The logarithm of N. */
export type PassphraseCost = 15 | 16 | 17;

const blockSize = 8;
const hashBytes = 32;
const saltBytes = 16;
const storedPattern = /^\$scrypt\$ln=(\d{2}),r=8,p=1\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** Hashing runs on libuv's pool of four threads, which file access and name resolution share: these many at once in a process. */
const atOnce = 2;
const mostWaiting = 16;
let running = 0;
const waiting: (() => void)[] = [];

const enter = async (): Promise<void> => {
  if (running < atOnce) {
    running++;
    return;
  }
  if (waiting.length >= mostWaiting)
    throw new KeyringError('passphrase_busy', 'too many passphrases wait to be checked');
  await new Promise<void>((admit) => waiting.push(admit));
};

const leave = (): void => {
  const next = waiting.shift();
  if (next === undefined) running--;
  else next();
};

const runScrypt = (passphrase: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(passphrase, salt, hashBytes, options, (error, derived) =>
      error === null ? resolve(derived) : reject(error),
    );
  });

const derive = async (passphrase: string, salt: Buffer, cost: number): Promise<Buffer> => {
  await enter();
  try {
    const N = 2 ** cost;
    // Node counts a little more than 128 * N * r; its default limit of 32 MiB refuses even N = 2^15.
    return await runScrypt(passphrase.normalize('NFC'), salt, {
      N,
      r: blockSize,
      p: 1,
      maxmem: 2 * 128 * N * blockSize,
    });
  } finally {
    leave();
  }
};

/**
 * A salted hash with its parameters in the text: `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`. Unicode is brought to NFC first
 * (RFC 8265, 4.2.2), so that the same passphrase typed on another system is the same.
 * @throws KeyringError `passphrase_busy` when too many wait already
 */
export const hashPassphrase = async (
  passphrase: string,
  cost: PassphraseCost = passphraseCost.default,
): Promise<string> => {
  const salt = randomBytes(saltBytes);
  const derived = await derive(passphrase, salt, cost);
  return `$scrypt$ln=${cost},r=${blockSize},p=1$${salt.toString('base64url')}$${derived.toString('base64url')}`;
};

/**
 * Whether the passphrase is the one hashed. Pass `undefined` for a name that does not exist: it takes as long as a wrong
 * passphrase and is false, so that answers do not tell names.
 * @throws KeyringError `passphrase_hash_invalid` when `stored` is no such hash, `passphrase_busy`
 */
export const verifyPassphrase = async (passphrase: string, stored: string | undefined): Promise<boolean> => {
  if (stored === undefined) {
    await derive(passphrase, randomBytes(saltBytes), passphraseCost.default);
    return false;
  }
  const [, costText = '', salt = '', expected = ''] = storedPattern.exec(stored) ?? [];
  const cost = Number(costText);
  // The bounds also keep a planted hash from asking for all memory.
  if (cost < passphraseCost.least || cost > passphraseCost.most) {
    throw new KeyringError('passphrase_hash_invalid', 'the stored passphrase hash is not a known scrypt hash');
  }
  const derived = await derive(passphrase, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(derived, Buffer.from(expected, 'base64url'));
};
