import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../src/index.ts';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

describe('readSettings', () => {
  it('needs none', () => {
    expect(readSettings({})).toEqual({
      host: '127.0.0.1',
      port: 4000,
      dataDir: expect.stringMatching(/\/\.gatehouse\/practice-idp$/),
      allowedOrigins: [],
    });
  });

  it('takes each', () => {
    const environment = {
      PRACTICE_IDP_HOST: '0.0.0.0',
      PRACTICE_IDP_PORT: '0',
      PRACTICE_IDP_BASE_URL: 'https://idp.example/practice/',
      PRACTICE_IDP_DATA_DIR: '/data',
      PRACTICE_IDP_ALLOWED_ORIGINS: 'https://sso.example, https://app.example:8443/',
    };
    expect(readSettings(environment)).toEqual({
      host: '0.0.0.0',
      port: 0,
      baseUrl: 'https://idp.example/practice',
      dataDir: '/data',
      allowedOrigins: ['https://sso.example', 'https://app.example:8443'],
    });
  });

  it.each([
    ['PRACTICE_IDP_PORT', 'x'],
    ['PRACTICE_IDP_PORT', '65536'],
    ['PRACTICE_IDP_PORT', '-1'],
    ['PRACTICE_IDP_BASE_URL', 'ftp://idp.example'],
    ['PRACTICE_IDP_BASE_URL', 'https://idp.example/?a'],
    ['PRACTICE_IDP_BASE_URL', 'https://user:secret@idp.example'],
    ['PRACTICE_IDP_ALLOWED_ORIGINS', 'https://sso.example/path'],
    ['PRACTICE_IDP_ALLOWED_ORIGINS', '*'],
  ])('refuses %s=%s in one line that names it and gives an example', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} must .* such as [^\\n]*$`)),
    ]);
  });

  it('names every fault at once', () => {
    expect(
      faultsOf({ PRACTICE_IDP_PORT: 'x', PRACTICE_IDP_BASE_URL: 'y', PRACTICE_IDP_ALLOWED_ORIGINS: 'z' }),
    ).toHaveLength(3);
  });
});
