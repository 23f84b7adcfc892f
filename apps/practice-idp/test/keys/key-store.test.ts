import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyStore } from '../../src/index.ts';
import { clock, makeSigner, repeatableIds } from '../practice.ts';

describe('openKeyStore', () => {
  const deps = { clock, ids: repeatableIds() };
  let parent: string;
  let directory: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'practice-idp-'));
    directory = join(parent, 'made', 'on the way');
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('makes a key and its certificate, for their owner only', async () => {
    const { key, certificate } = await openKeyStore(directory, deps);
    expect(new X509Certificate(certificate).checkPrivateKey(key)).toBe(true);
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await modeOf(directory)).toBe('700');
    expect(await modeOf(join(directory, 'signing-key.pem'))).toBe('600');
    expect(await modeOf(join(directory, 'signing-certificate.pem'))).toBe('600');
  });

  it('keeps them', async () => {
    const first = await openKeyStore(directory, deps);
    const second = await openKeyStore(directory, deps);
    expect(second.certificate).toBe(first.certificate);
    expect(second.key.equals(first.key)).toBe(true);
  });

  it('certifies the key anew when the certificate is gone', async () => {
    const first = await openKeyStore(directory, deps);
    await rm(join(directory, 'signing-certificate.pem'));
    const second = await openKeyStore(directory, deps);
    expect(new X509Certificate(second.certificate).checkPrivateKey(first.key)).toBe(true);
  });

  it('refuses a certificate of another key', async () => {
    await openKeyStore(directory, deps);
    await writeFile(join(directory, 'signing-certificate.pem'), makeSigner().certificate);
    await expect(openKeyStore(directory, deps)).rejects.toMatchObject({ code: 'data_dir_unusable' });
  });

  it.each(['signing-key.pem', 'signing-certificate.pem'])('refuses a %s that is no PEM', async (name) => {
    await openKeyStore(directory, deps);
    await writeFile(join(directory, name), 'nonsense');
    await expect(openKeyStore(directory, deps)).rejects.toMatchObject({ code: 'data_dir_unusable' });
  });

  it('refuses a directory that cannot be made', async () => {
    const file = join(parent, 'file');
    await writeFile(file, '');
    await expect(openKeyStore(join(file, 'below'), deps)).rejects.toMatchObject({
      code: 'data_dir_unusable',
      message: expect.stringContaining(join(file, 'below')),
    });
  });
});
