import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '@gatehouse/test-servers';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { type Faults, startPracticeBackend } from './backend.ts';
import { filledState, type PracticeState, passphrase } from './state.ts';

const root = join(import.meta.dirname, '..', '..');

export const screenshots = join(root, 'screenshots');

/** A browser with the console in it. What the page complains about is collected for the tests to look at. */
export interface Stage {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly state: PracticeState;
  readonly faults: Faults;
  readonly origin: string;
  /** Violations of the policy, errors on the console, uncaught errors. */
  readonly complaints: string[];
  /** Opens a page of the console and waits until nothing is loading any more. */
  goTo(path: string): Promise<void>;
  signIn(): Promise<void>;
  close(): Promise<void>;
}

export interface Theatre {
  open(options?: BrowserContextOptions & { readonly state?: PracticeState }): Promise<Stage>;
  close(): Promise<void>;
}

/** Builds the console as it stands, into a temporary folder, and starts the browser. */
export const openTheatre = async (): Promise<Theatre> => {
  const dist = mkdtempSync(join(tmpdir(), 'gatehouse-console-'));
  await buildConsole(dist);
  const browser = await launchBrowser();
  mkdirSync(screenshots, { recursive: true });
  return {
    open: async ({ state = filledState(), ...options } = {}) => {
      const backend = await startPracticeBackend(dist, state);
      const context = await browser.newContext({
        locale: 'en-GB',
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(8_000);
      const complaints = complaintsOf(page);
      const goTo = async (path: string): Promise<void> => {
        await page.goto(`${backend.origin}/console${path}`);
        await settled(page);
      };
      return {
        context,
        page,
        state,
        faults: backend.faults,
        origin: backend.origin,
        complaints,
        goTo,
        signIn: async () => {
          await goTo('/sign-in');
          await page.getByLabel('Username').fill('ada@platform.example');
          await page.getByRole('textbox', { name: 'Passphrase' }).fill(passphrase);
          await page.getByRole('button', { name: 'Sign in' }).click();
          await page.getByRole('heading', { level: 1, name: 'SSO connectors' }).waitFor();
          await settled(page);
        },
        close: async () => {
          await context.close();
          await backend.close();
        },
      };
    },
    close: async () => {
      await browser.close();
      rmSync(dist, { recursive: true, force: true });
    },
  };
};

/** As it is delivered: the test runner's own NODE_ENV would make React's development build of it. */
const buildConsole = async (dist: string): Promise<void> => {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await build({ root, logLevel: 'error', build: { outDir: dist, emptyOutDir: true } });
  } finally {
    process.env.NODE_ENV = before;
  }
};

/** Until the page has its heading, no placeholder and no spinner. */
export const settled = async (page: Page): Promise<void> => {
  await page.waitForFunction(
    () =>
      document.querySelector('h1') !== null &&
      document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root, [aria-busy="true"]') === null,
  );
};

const complaintsOf = (page: Page): string[] => {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // An answer of status 4xx or 5xx is an error to the browser, and is what many of the tests are about.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
  });
  return complaints;
};
