import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Browser, launchBrowser, mustSkipBrowserTests } from '@gatehouse/test-servers';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPracticeIdp } from '../src/index.ts';
import { makeSigner, repeatableIds } from './practice.ts';
import { authnRequest, redirectUrl } from './service-provider.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface AxeWindow {
  readonly axe: { run(): Promise<{ violations: { id: string; impact: string }[] }> };
}

describe.skipIf(mustSkipBrowserTests())('the pages in a browser', () => {
  let browser: Browser;
  let idp: FastifyInstance;
  let idpUrl: string;
  let serviceProvider: Server;
  let acs: string;
  let answers: URLSearchParams[];

  beforeAll(async () => {
    browser = await launchBrowser({ say: () => {} });
    idp = createPracticeIdp({ identity: makeSigner(), clock: { now: () => Date.now() }, ids: repeatableIds() });
    idpUrl = await idp.listen({ host: '127.0.0.1', port: 0 });
    serviceProvider = createServer(async (request, response) => {
      const body = await request.toArray();
      if (request.method === 'POST') answers.push(new URLSearchParams(Buffer.concat(body).toString('utf8')));
      response.setHeader('content-type', 'text/html').end('<title>back</title>');
    }).listen(0, 'localhost');
    await once(serviceProvider, 'listening');
    acs = `http://localhost:${(serviceProvider.address() as AddressInfo).port}/acs`;
  });
  afterAll(async () => {
    await browser?.close();
    await idp?.close();
    serviceProvider?.close();
  });

  async function open(
    path: string,
    options: { javaScriptEnabled?: boolean; colorScheme?: 'dark'; width?: number } = {},
  ) {
    answers = [];
    const { width = 1_000, ...rest } = options;
    const context = await browser.newContext({ viewport: { width, height: 900 }, ...rest });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(idpUrl + path);
    return { page, complaints, close: () => context.close() };
  }

  const emailIn = (answer: URLSearchParams | undefined) =>
    /<saml:NameID[^>]*>([^<]*)</.exec(Buffer.from(answer?.get('SAMLResponse') ?? '', 'base64').toString('utf8'))?.[1];

  it('takes somebody back who chooses an account', async () => {
    const { page, complaints, close } = await open(redirectUrl(authnRequest({ acs }), 'state'));
    await page.getByRole('button', { name: 'Bob Brown' }).click();
    await page.waitForURL(acs);
    expect(answers.map((answer) => [emailIn(answer), answer.get('RelayState')])).toEqual([
      ['bob@example.com', 'state'],
    ]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('takes somebody back who types an address and presses Enter', async () => {
    const { page, close } = await open(redirectUrl(authnRequest({ acs })));
    await page.getByLabel('E-mail address').fill('carol@example.com');
    await page.keyboard.press('Enter');
    await page.waitForURL(acs);
    expect(answers.map(emailIn)).toEqual(['carol@example.com']);
    await close();
  });

  it('needs a click on Continue where no script runs', async () => {
    const { page, close } = await open(redirectUrl(authnRequest({ acs })), { javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Alice Adams' }).click();
    expect(answers).toEqual([]);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(acs);
    expect(answers.map(emailIn)).toEqual(['alice@example.com']);
    await close();
  });

  it.each(['light', 'dark'] as const)(
    'is without faults that axe finds, in %s colours and on a small screen',
    async (colours) => {
      const source = await readFile(axe, 'utf8');
      for (const path of ['/', '/sign-out', '/saml/sso', redirectUrl(authnRequest({ acs }))]) {
        const options = colours === 'dark' ? ({ colorScheme: 'dark', width: 360 } as const) : { width: 360 };
        const { page, close } = await open(path, options);
        await page.evaluate(source);
        const { violations } = await page.evaluate(() => (globalThis as unknown as AxeWindow).axe.run());
        expect(violations.map(({ id, impact }) => `${path.slice(0, 9)} ${impact}: ${id}`)).toEqual([]);
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(overflow).toBe(0);
        await close();
      }
    },
  );

  it('takes its own forms: the flaw of every answer, and signing out', async () => {
    const { page, complaints, close } = await open('/');
    await page.getByLabel('Flaw of every answer').selectOption('wrong-audience');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(`${idpUrl}/`);
    expect(await page.getByLabel('Flaw of every answer').inputValue()).toBe('wrong-audience');
    await page.getByLabel('Flaw of every answer').selectOption('');
    await page.getByRole('button', { name: 'Apply' }).click();

    await page.goto(idpUrl + redirectUrl(authnRequest({ acs })));
    await page.getByRole('button', { name: 'Bob Brown' }).click();
    await page.waitForURL(acs);
    await page.goto(`${idpUrl}/sign-out`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Nobody is signed in here' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('copies the certificate', async () => {
    const { page, close } = await open('/');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy Certificate' }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    await close();
  });
});
