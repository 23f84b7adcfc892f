import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { KeyringError } from './errors.ts';

/** A key that seals secrets. The material stays in a KeyObject, which neither JSON nor `inspect` shows. */
export interface MasterKey {
  readonly id: string;
  readonly key: KeyObject;
}

const keyBytes = 32;
/** Without `.`, `:` and `,`, which separate; shorter than any encoded key, so that a message may show an id that fits. */
const idPattern = /^[A-Za-z0-9_-]{1,32}$/;
const base64Pattern = /^[A-Za-z0-9+/]{43}=?$/;

const invalid = (message: string): KeyringError => new KeyringError('master_keys_invalid', message);

const parseOne = (entry: string, place: number): MasterKey => {
  const colon = entry.indexOf(':');
  if (colon < 0) throw invalid(`key ${place} has no id: write id:base64`);
  const id = entry.slice(0, colon);
  if (!idPattern.test(id)) {
    throw invalid(`key ${place} has an id that is not 1 to 32 letters, digits, "_" or "-": write id:base64`);
  }
  const encoded = entry.slice(colon + 1);
  const bytes = Buffer.from(encoded, 'base64');
  if (!base64Pattern.test(encoded) || bytes.length !== keyBytes) {
    throw invalid(`key ${place} ("${id}") is not the base64 of 32 bytes`);
  }
  return { id, key: createSecretKey(bytes) };
};

/**
 * Reads `id:base64(32 bytes)` entries, separated by commas or line ends; the first one seals.
 * @throws KeyringError `master_keys_invalid`; the message says which entry is wrong and never shows a key
 */
export const parseMasterKeys = (text: string): readonly MasterKey[] => {
  const entries = text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw invalid('there is no key: write id:base64');
  const keys = entries.map((entry, index) => parseOne(entry, index + 1));
  for (const [index, { id, key }] of keys.entries()) {
    const earlier = keys.slice(0, index).find((other) => other.id === id || other.key.equals(key));
    if (earlier?.id === id) throw invalid(`two keys have the id "${id}"`);
    if (earlier !== undefined) throw invalid(`the keys "${earlier.id}" and "${id}" are the same key`);
  }
  return keys;
};

/** The text that `parseMasterKeys` reads. It **is** the key material: write it to nothing but a key file. */
export const formatMasterKeys = (keys: readonly MasterKey[]): string =>
  keys.map(({ id, key }) => `${id}:${key.export().toString('base64')}`).join(',');

/**
 * A new key of 256 random bits.
 * @param id 1 to 32 letters, digits, `_`, `-`; a random one unless told
 * @throws KeyringError `master_keys_invalid` for another id
 */
export const generateMasterKey = (id: string = `k${randomBytes(5).toString('hex')}`): MasterKey => {
  if (!idPattern.test(id)) throw invalid('the id of a key is 1 to 32 letters, digits, "_" or "-"');
  return { id, key: createSecretKey(randomBytes(keyBytes)) };
};
