import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { SigningKeyCopy, StoredSigningKey } from '@gatehouse/keyring';

const ownerOnly = 0o600;

const isKey = (value: unknown): value is StoredSigningKey =>
  typeof value === 'object' && value !== null && 'kid' in value && 'sealedPrivate' in value && 'publicJwk' in value;

/** The copy as a file that is replaced as a whole. What cannot be read is no copy: the store has the keys. */
export const signingKeyFile = (path: string): SigningKeyCopy => ({
  async read() {
    try {
      const keys: unknown = JSON.parse(await readFile(path, 'utf8'));
      return Array.isArray(keys) && keys.length > 0 && keys.every(isKey) ? keys : undefined;
    } catch {
      return undefined;
    }
  },
  async write(keys) {
    const draft = `${path}.${randomUUID()}`;
    try {
      await writeFile(draft, JSON.stringify(keys), { mode: ownerOnly, flag: 'wx' });
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  },
});
