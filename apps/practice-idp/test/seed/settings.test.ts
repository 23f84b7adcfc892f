import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSeedSettings } from '../../src/seed/settings.ts';

const addresses = {
  PRACTICE_SEED_METADATA_URL: 'http://practice-idp:4000/saml/metadata',
  PRACTICE_SEED_GATEWAY_URL: 'http://auth-gateway:3000',
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'practice-seed-'));
  await writeFile(join(folder, 'key'), 'a key from a file\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('the settings of the seeding', () => {
  it('are read with the key as it is', () => {
    expect(readSeedSettings({ ...addresses, PRACTICE_SEED_API_KEY: 'a key' })).toEqual({
      metadataUrl: addresses.PRACTICE_SEED_METADATA_URL,
      gatewayUrl: addresses.PRACTICE_SEED_GATEWAY_URL,
      apiKey: 'a key',
    });
  });

  it('are read with the key from a file', () => {
    const file = join(folder, 'key');
    expect(readSeedSettings({ ...addresses, PRACTICE_SEED_API_KEY_FILE: file }).apiKey).toBe('a key from a file');
  });

  it('are refused with every fault at once', () => {
    const faults = [
      expect.stringMatching(/^PRACTICE_SEED_METADATA_URL must be/),
      expect.stringMatching(/^PRACTICE_SEED_GATEWAY_URL must be/),
      expect.stringMatching(/^PRACTICE_SEED_API_KEY, or PRACTICE_SEED_API_KEY_FILE, must be/),
    ];
    expect(() => readSeedSettings({ PRACTICE_SEED_GATEWAY_URL: 'ftp://x' })).toThrow(
      expect.objectContaining({ faults }),
    );
  });

  it('are refused with a file that is not there', () => {
    const environment = { ...addresses, PRACTICE_SEED_API_KEY_FILE: join(folder, 'missing') };
    expect(() => readSeedSettings(environment)).toThrow(/^PRACTICE_SEED_API_KEY_FILE must be a file/);
  });
});
