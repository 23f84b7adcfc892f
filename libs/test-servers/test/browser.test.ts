import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserMissingError, findBrowser, launchBrowser, mustSkipBrowserTests } from '../src/index.ts';

let folder: string;
let executable: string;
let plainFile: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-browser-'));
  executable = join(folder, 'chromium');
  plainFile = join(folder, 'google-chrome');
  writeFileSync(executable, '#!/bin/sh\n');
  chmodSync(executable, 0o755);
  writeFileSync(plainFile, 'no program');
  chmodSync(plainFile, 0o644);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('findBrowser', () => {
  it('prefers the one that the setting names', () => {
    const env = { GATEHOUSE_CHROMIUM: executable, PATH: '/nowhere' };
    expect(findBrowser(env)).toEqual({ path: executable, source: 'GATEHOUSE_CHROMIUM' });
  });

  it('refuses a setting that names nothing that can be run', () => {
    expect(() => findBrowser({ GATEHOUSE_CHROMIUM: plainFile, PATH: folder })).toThrow(
      expect.objectContaining({ code: 'browser_missing', message: expect.stringContaining(plainFile) }),
    );
  });

  it('looks along the PATH in its order', () => {
    const env = { PATH: ['/nowhere', folder].join(delimiter) };
    expect(findBrowser(env)).toEqual({ path: executable, source: 'PATH' });
  });
});

describe('tests that need a browser', () => {
  it('run when there is one', () => {
    expect(mustSkipBrowserTests({ PATH: folder })).toBe(false);
  });

  it('are never skipped in CI', () => {
    expect(mustSkipBrowserTests({ PATH: '/nowhere', CI: 'true' })).toBe(false);
  });

  // Only where no browser lies in one of the fixed places, which no environment can hide.
  it.runIf(findBrowser({ PATH: '/nowhere' }) === undefined)(
    'are skipped on a laptop and fail in CI without one',
    async () => {
      expect(mustSkipBrowserTests({ PATH: '/nowhere' })).toBe(true);
      const attempt = launchBrowser({ env: { PATH: '/nowhere', CI: 'true' } });
      await expect(attempt).rejects.toBeInstanceOf(BrowserMissingError);
      await expect(attempt).rejects.toThrow('In CI this is a failure');
    },
  );
});
