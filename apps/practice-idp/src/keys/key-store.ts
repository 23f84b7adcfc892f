import { createHmac, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Ids } from '@gatehouse/contracts';
import { makeSelfSignedCertificate, makeSigningKey } from './certificate.ts';

/** What an identity provider signs with. */
export interface SigningIdentity {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}

/** The data directory cannot be used. Code `data_dir_unusable`. */
export class KeyStoreError extends Error {
  readonly code = 'data_dir_unusable';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KeyStoreError';
  }
}

interface KeyStoreDeps {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'secret'>;
}

/**
 * The signing key and certificate kept in a directory; both are made at the first start. The directory is for its
 * owner only (0700), and so are the files (0600).
 *
 * @throws KeyStoreError when the directory cannot be read or written, or its files do not belong together
 */
export async function openKeyStore(directory: string, deps: KeyStoreDeps): Promise<SigningIdentity> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    const key = await keyIn(directory);
    const certificate = await certificateIn(directory, key, deps);
    return { key, certificate };
  } catch (error) {
    if (error instanceof KeyStoreError) throw error;
    throw new KeyStoreError(`The data directory ${directory} cannot be used: ${reason(error)}`, error);
  }
}

async function keyIn(directory: string): Promise<KeyObject> {
  const path = join(directory, 'signing-key.pem');
  const stored = await readIfThere(path);
  if (stored !== undefined) return createPrivateKey(stored);
  const key = makeSigningKey('rsa-2048');
  await writePrivately(path, key.export({ type: 'pkcs8', format: 'pem' }).toString());
  return key;
}

async function certificateIn(directory: string, key: KeyObject, deps: KeyStoreDeps): Promise<string> {
  const path = join(directory, 'signing-certificate.pem');
  const stored = await readIfThere(path);
  if (stored === undefined) {
    const certificate = makeSelfSignedCertificate({ key, ...deps });
    await writePrivately(path, certificate);
    return certificate;
  }
  if (new X509Certificate(stored).checkPrivateKey(key)) return stored;
  throw new KeyStoreError(`${path} is not the certificate of the key beside it; delete both to have new ones made`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Under its name the file is complete or not there at all. */
async function writePrivately(path: string, text: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await rename(unfinished, path);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A secret for another purpose than signing, the same at every start. */
export function derivedSecret(key: KeyObject, purpose: string): Buffer {
  return createHmac('sha256', key.export({ type: 'pkcs8', format: 'der' }))
    .update(purpose)
    .digest();
}
