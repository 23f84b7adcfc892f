import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeyringError } from './errors.ts';
import { formatMasterKeys, generateMasterKey, type MasterKey, parseMasterKeys } from './master-keys.ts';

const ownerOnly = 0o600;

const errorCode = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const writeDurably = async (file: FileHandle, keys: readonly MasterKey[]): Promise<void> => {
  await file.writeFile(`${formatMasterKeys(keys)}\n`);
  await file.sync();
};

// A rename or a link is on disk only when the directory is.
const syncDirectoryOf = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

const read = async (path: string): Promise<readonly MasterKey[]> => {
  const file = await open(path, 'r');
  try {
    const { mode } = await file.stat();
    // Windows keeps no permission bits: Node reports 0o666 for every file there.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new KeyringError('key_file_permissions', `${path} can be read by others: run chmod 600 on it`);
    }
    const text = await file.readFile('utf8');
    return parseMasterKeys(text);
  } catch (cause) {
    if (!(cause instanceof KeyringError) || cause.code !== 'master_keys_invalid') throw cause;
    throw new KeyringError('key_file_invalid', `${path}: ${cause.message}`, { cause });
  } finally {
    await file.close();
  }
};

const createWithNewKey = async (path: string): Promise<void> => {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', ownerOnly);
  try {
    try {
      await writeDurably(file, [generateMasterKey()]);
    } finally {
      await file.close();
    }
    // A link fails where a rename would overwrite: of two first starts one makes the key and both use it.
    await link(draft, path);
    await syncDirectoryOf(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
};

/**
 * The keys in a file; made with one new key, readable by its owner only, when it does not exist.
 * @throws KeyringError `key_file_permissions` when others may read it, `key_file_invalid` when it holds no keys
 */
export const loadOrCreateKeyFile = async (path: string): Promise<readonly MasterKey[]> => {
  try {
    return await read(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  await createWithNewKey(path);
  return await read(path);
};

/**
 * Puts a new key in front of those in the file; the old ones stay and go on opening what they sealed. The file is replaced
 * as a whole: a crash leaves the old or the new one. Processes that run read it at their next start.
 * @returns the keys as they now are
 * @throws KeyringError `key_file_busy` while another rotation runs or after one was cut off, `key_file_permissions`,
 * `key_file_invalid`
 */
export const rotateKeyFile = async (path: string): Promise<readonly MasterKey[]> => {
  // The draft has a fixed name and is the lock: two rotations at once would lose one of the two keys.
  const draft = `${path}.new`;
  const file = await open(draft, 'wx', ownerOnly).catch((cause: unknown) => {
    if (errorCode(cause) !== 'EEXIST') throw cause;
    throw new KeyringError(
      'key_file_busy',
      `another rotation runs, or one was cut off: if none runs, remove ${draft}`,
      { cause },
    );
  });
  try {
    const keys = [generateMasterKey(), ...(await read(path))];
    await writeDurably(file, keys);
    await rename(draft, path);
    await syncDirectoryOf(path);
    return keys;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
};
