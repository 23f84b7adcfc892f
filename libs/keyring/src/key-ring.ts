import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyringError } from './errors.ts';
import type { MasterKey } from './master-keys.ts';

/** The place that a sealed value belongs to. It opens nowhere else: rows and fields cannot be swapped in the store. */
export interface SealBinding {
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

/** Seals secrets at rest with AES-256-GCM. */
export interface KeyRing {
  /** Id of the key that seals. */
  readonly activeKeyId: string;
  /** `gk1.<key id>.<iv>.<ciphertext>.<tag>`, base64url. A new random IV each time. */
  seal(plaintext: string | Uint8Array, binding: SealBinding): string;
  /**
   * @throws KeyringError `sealed_malformed`, `key_unknown` (sealed by a key that is not on the ring), `sealed_refused`
   * (altered, or bound to another place)
   */
  open(sealed: string, binding: SealBinding): Buffer;
  /** `open` as UTF-8. */
  openText(sealed: string, binding: SealBinding): string;
  /**
   * Whether another key than the first one sealed it, so that it must be sealed anew before that key may go.
   * @throws KeyringError `sealed_malformed`
   */
  needsReseal(sealed: string): boolean;
}

const format = 'gk1';
const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

interface SealedParts {
  readonly keyId: string;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

// JSON keeps the fields apart: ("a", "bc") and ("ab", "c") are different bytes.
const associatedData = (keyId: string, { table, row, field }: SealBinding): Buffer =>
  Buffer.from(JSON.stringify([format, keyId, table, row, field]), 'utf8');

const decode = (part: string): Buffer | undefined => {
  const bytes = Buffer.from(part, 'base64url');
  // One text per value: Node ignores stray signs and unused bits.
  return bytes.toString('base64url') === part ? bytes : undefined;
};

const parse = (sealed: string): SealedParts => {
  const parts = sealed.split('.');
  const [prefix, keyId, ...encoded] = parts;
  const [iv, ciphertext, tag] = encoded.map(decode);
  if (
    parts.length !== 5 ||
    prefix !== format ||
    keyId === undefined ||
    iv?.length !== ivBytes ||
    ciphertext === undefined ||
    tag?.length !== tagBytes
  ) {
    throw new KeyringError('sealed_malformed', 'the sealed value is not of the form gk1.<key>.<iv>.<ciphertext>.<tag>');
  }
  return { keyId, iv, ciphertext, tag };
};

/**
 * A ring of keys: the first seals, all open.
 *
 * IVs are 96 random bits. NIST SP 800-38D, 8.3 allows at most 2^32 seals under one key with random IVs; a store of
 * connectors stays far below, and rotating keys begins a new count.
 * @param keys as parsed by `parseMasterKeys`; at least one
 * @throws KeyringError `master_keys_invalid` without a key
 */
export const createKeyRing = (keys: readonly MasterKey[]): KeyRing => {
  const active = keys[0];
  if (active === undefined) throw new KeyringError('master_keys_invalid', 'a key ring needs at least one key');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));

  const open = (sealed: string, binding: SealBinding): Buffer => {
    const { keyId, iv, ciphertext, tag } = parse(sealed);
    const key = byId.get(keyId);
    if (key === undefined)
      throw new KeyringError('key_unknown', 'the value was sealed by a key that is not on the ring');
    // Without authTagLength Node accepts tags that were cut down to 4 bytes.
    const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: tagBytes });
    decipher.setAAD(associatedData(keyId, binding));
    decipher.setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    } catch (cause) {
      throw new KeyringError('sealed_refused', 'the sealed value was altered or belongs to another place', { cause });
    }
  };

  return {
    activeKeyId: active.id,
    seal(plaintext, binding) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, active.key, iv, { authTagLength: tagBytes });
      cipher.setAAD(associatedData(active.id, binding));
      const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext;
      const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return [
        format,
        active.id,
        ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')),
      ].join('.');
    },
    open,
    openText: (sealed, binding) => open(sealed, binding).toString('utf8'),
    needsReseal: (sealed) => parse(sealed).keyId !== active.id,
  };
};
