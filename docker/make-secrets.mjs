/**
 * `node make-secrets.mjs <folder>`: makes the secrets of a first start, each in a file of its own that only its owner reads:
 * `keys/master-keys` (what GATEHOUSE_MASTER_KEYS_FILE names) and `access/admin-key` (GATEHOUSE_ADMIN_KEY_FILE). What is there
 * already is kept, because losing a master key is losing everything that it sealed.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: node make-secrets.mjs <folder>');

const secrets = {
  'keys/master-keys': () => `k1:${randomBytes(32).toString('base64')}`,
  'access/admin-key': () => randomBytes(32).toString('base64url'),
};

for (const [name, make] of Object.entries(secrets)) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, make(), { flag: 'wx', mode: 0o400 });
    process.stdout.write(`made ${path}\n`);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    process.stdout.write(`kept ${path}\n`);
  }
}
