import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '@gatehouse/service-kit';
import { lockFile, SqliteError } from '@gatehouse/sqlite';

/** The directory that holds what a process keeps on disk, held by it alone. */
export interface DataDirectory {
  readonly path: string;
  file(name: string): string;
  release(): void;
}

const ownerOnly = 0o700;

const explain = (path: string, error: unknown): StartError => {
  if (error instanceof SqliteError && error.code === 'busy') {
    return new StartError(
      `GATEHOUSE_DATA_DIR: ${path} is in use by another Gatehouse; stop it, or name another directory`,
      { cause: error },
    );
  }
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new StartError(
    `GATEHOUSE_DATA_DIR: ${path} cannot be written to${code}; name a directory that can, for example ./.gatehouse`,
    { cause: error },
  );
};

/**
 * Makes the directory with mode 0700 and locks it until the process ends.
 * @throws StartError when it cannot be written to or another process holds it
 */
export const openDataDirectory = (given: string): DataDirectory => {
  const path = resolve(given);
  try {
    mkdirSync(path, { recursive: true, mode: ownerOnly });
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, ownerOnly);
    const lock = lockFile(join(path, 'lock'));
    return { path, file: (name) => join(path, name), release: lock.release };
  } catch (error) {
    throw explain(path, error);
  }
};
