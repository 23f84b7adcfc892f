import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { mustSkipBrowserTests } from '@gatehouse/test-servers';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTheatre, type Stage, screenshots, settled, type Theatre } from './practice/stage.ts';
import { screens } from './screens.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  'narrow-light': { viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  'narrow-dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
};

/** What axe finds serious or critical, each with the elements. */
const seriousFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axeSource);
  const results = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join('\n')}`,
    );
};

describe.skipIf(mustSkipBrowserTests())('every screen', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  for (const [look, options] of Object.entries(looks)) {
    describe(look, () => {
      let outside: Stage;
      let inside: Stage;
      beforeAll(async () => {
        outside = await theatre.open(options);
        inside = await theatre.open(options);
        await inside.signIn();
      });
      afterAll(async () => {
        await outside.close();
        await inside.close();
      });

      it.for(screens)('$name is accessible, does not scroll sideways and keeps to the policy', async (screen) => {
        const stage = screen.inside ? inside : outside;
        stage.complaints.length = 0;
        await stage.goTo(screen.path(stage));
        await screen.arrange?.(stage.page, stage);
        if (!screen.name.endsWith('-loading')) await settled(stage.page);
        await stage.page.screenshot({ path: join(screenshots, `${screen.name}.${look}.png`), fullPage: true });
        const width = await stage.page.evaluate(() => document.documentElement.scrollWidth);
        const findings = await seriousFindings(stage.page);
        screen.after?.(stage);
        expect(findings, findings.join('\n')).toEqual([]);
        expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 0);
        expect(stage.complaints).toEqual([]);
        expect(await stage.page.title()).toMatch(/.+ · Gatehouse$/);
      });
    });
  }

  // Beside the navigation there is less room than the window's width tells.
  it.each([992, 1_000, 1_100, 1_263, 1_264, 1_280])('no list scrolls sideways at %i px', async (width) => {
    const stage = await theatre.open({ viewport: { width, height: 800 } });
    await stage.signIn();
    const lists = ['connectors', 'users', 'sessions', 'audit', 'administrators', 'api-keys', 'user-connectors'];
    for (const list of lists) {
      await stage.goTo(screens.find(({ name }) => name === list)?.path(stage) ?? '');
      await stage.page.screenshot({ path: join(screenshots, `${list}.${width}.png`) });
      const scrolling = await stage.page.evaluate(() =>
        [...document.querySelectorAll('*')]
          .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth)
          .filter((element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
          .map(({ className, scrollWidth, clientWidth }) => `${className}: ${scrollWidth} in ${clientWidth}`),
      );
      expect(scrolling, list).toEqual([]);
    }
    await stage.close();
  });
});
