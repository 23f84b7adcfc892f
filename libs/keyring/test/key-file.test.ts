import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateKeyFile, rotateKeyFile } from '../src/key-file.ts';
import { createKeyRing } from '../src/key-ring.ts';
import { parseMasterKeys } from '../src/master-keys.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'KeyringError', code });
const binding = { table: 't', row: 'r', field: 'f' };

describe('the key file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyring-'));
    path = join(folder, 'master-keys');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made once, for its owner only, and then read', async () => {
    const made = await loadOrCreateKeyFile(path);
    expect(made).toHaveLength(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const read = await loadOrCreateKeyFile(path);
    expect(read.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    expect(parseMasterKeys(await readFile(path, 'utf8'))).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['master-keys']);
  });

  it('is one file with one key when many start at once', async () => {
    for (let round = 0; round < 10; round++) {
      const place = `${path}-${round}`;
      const starts = Array.from({ length: 20 }, async (_, i) => {
        for (let turn = 0; turn < i; turn++) await setImmediate();
        return await loadOrCreateKeyFile(place);
      });
      const keys = await Promise.all(starts);
      expect(new Set(keys.map(([key]) => key?.id)).size).toBe(1);
    }
    expect(await readdir(folder)).toHaveLength(10);
  });

  it('is refused when others may read it', async () => {
    await loadOrCreateKeyFile(path);
    for (const mode of [0o640, 0o604, 0o620, 0o666]) {
      await chmod(path, mode);
      await expect(loadOrCreateKeyFile(path), mode.toString(8)).rejects.toEqual(refusal('key_file_permissions'));
      await expect(rotateKeyFile(path)).rejects.toEqual(refusal('key_file_permissions'));
    }
    await chmod(path, 0o400);
    expect(await loadOrCreateKeyFile(path)).toHaveLength(1);
  });

  it('is refused, and not replaced, when it holds no keys', async () => {
    for (const text of ['', 'garbage', 'a:b']) {
      await writeFile(path, text, { mode: 0o600 });
      await expect(loadOrCreateKeyFile(path)).rejects.toEqual(refusal('key_file_invalid'));
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });

  it('tells of a folder that is not there', async () => {
    await expect(loadOrCreateKeyFile(join(folder, 'absent', 'keys'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gets a new first key by rotation and keeps the old ones', async () => {
    const before = await loadOrCreateKeyFile(path);
    const sealed = createKeyRing(before).seal('secret', binding);
    await rotateKeyFile(path);
    const after = await rotateKeyFile(path);
    expect(after).toHaveLength(3);
    expect(after.at(-1)?.id).toBe(before[0]?.id);
    const ring = createKeyRing(await loadOrCreateKeyFile(path));
    expect(ring.activeKeyId).toBe(after[0]?.id);
    expect(ring.openText(sealed, binding)).toBe('secret');
    expect(ring.needsReseal(sealed)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['master-keys']);
  });

  it('loses no key when several rotate at once: those that cannot say so', async () => {
    await loadOrCreateKeyFile(path);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => rotateKeyFile(path)));
    const rotations = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(refusal('key_file_busy'));
    }
    const kept = (await loadOrCreateKeyFile(path)).map(({ id }) => id);
    expect(rotations.length).toBeGreaterThan(0);
    expect(kept).toHaveLength(1 + rotations.length);
    for (const keys of rotations) expect(kept).toContain(keys[0]?.id);
  });

  it('needs a file to rotate, and leaves no draft behind', async () => {
    await expect(rotateKeyFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('names the draft that a rotation left behind when it was cut off', async () => {
    await loadOrCreateKeyFile(path);
    await writeFile(`${path}.new`, '');
    await expect(rotateKeyFile(path)).rejects.toThrow(`remove ${path}.new`);
    expect(await loadOrCreateKeyFile(path)).toHaveLength(1);
  });
});
