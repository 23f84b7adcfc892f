import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@gatehouse/test-servers';

const app = join(import.meta.dirname, '../..');
const pictures = join(app, 'screenshots');

/** A browser profile of its own: nothing is signed in, nothing is stored. */
export interface Screen {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Uncaught errors, violations of the policy, failed requests, since the last call. */
  complaints(): readonly string[];
  /** Takes a picture into `screenshots/`, which is kept out of git. */
  picture(name: string): Promise<void>;
}

type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>;

export const openScreen = async (browser: Browser, options: ContextOptions = {}): Promise<Screen> => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const heard: string[] = [];
  page.on('pageerror', (error) => heard.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(`${message.text()} ${message.location().url}`);
  });
  return {
    context,
    page,
    complaints: () => heard.splice(0),
    async picture(name) {
      await mkdir(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
    },
  };
};

/** @throws when the console has not been built: a test of the whole product cannot do without */
export const requireConsole = (): void => {
  if (!existsSync(join(app, '../console/dist/index.html')))
    throw new Error('The console is not built: npm run build -w @gatehouse/console');
};

export const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
export const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
