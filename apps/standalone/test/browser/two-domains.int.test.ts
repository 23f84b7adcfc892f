import {
  type Browser,
  freePort,
  launchBrowser,
  mustSkipBrowserTests,
  type RunningStandalone,
  startStandalone,
} from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilOutput } from '../support/output.ts';
import { watchCallback } from './callback-watch.ts';
import { button, field, heading, openScreen, requireConsole, type Screen } from './screen.ts';
import { startTlsProxy, type TlsProxy } from './tls-proxy.ts';

// Two registrable domains: to a browser they are two sites, whatever their ports.
const gatehouseHost = 'sso.gatehouse-app.example';
const practiceHost = 'idp.practice-idp.example';
const baseUrl = `https://${gatehouseHost}`;
const practiceUrl = `https://${practiceHost}`;

describe.skipIf(mustSkipBrowserTests())('behind https, on two registrable domains', () => {
  let product: RunningStandalone;
  let proxy: TlsProxy;
  let browser: Browser;
  let setUpLink: string;

  beforeAll(async () => {
    requireConsole();
    const [port, practicePort] = [await freePort(), await freePort()];
    proxy = await startTlsProxy({ [gatehouseHost]: port, [practiceHost]: practicePort });
    product = await startStandalone({
      args: [],
      port,
      env: {
        GATEHOUSE_BASE_URL: baseUrl,
        GATEHOUSE_TRUST_PROXY: '127.0.0.1',
        GATEHOUSE_ADMIN_KEY: '',
        PRACTICE_IDP_PORT: String(practicePort),
        PRACTICE_IDP_BASE_URL: practiceUrl,
      },
    });
    const output = await untilOutput(product.process, /Ctrl-C/);
    setUpLink = /Set-up link\s+(\S+)/.exec(output)?.[1] ?? '';
    browser = await launchBrowser({ args: [`--host-resolver-rules=MAP *.example 127.0.0.1:${proxy.port}`] });
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    await product?.stop();
  });

  const open = (): Promise<Screen> => openScreen(browser, { ignoreHTTPSErrors: true });

  const cookieNamed = async (screen: Screen, name: string) =>
    (await screen.context.cookies(baseUrl)).find((cookie) => cookie.name === name);

  it('signs in with cookies that only https and only this host see, and without a hop', async () => {
    const screen = await open();
    const { page } = screen;
    const callbackSteps = watchCallback(page);
    await page.goto(`${baseUrl}/api/sso/login/practice`);
    expect(page.url()).toMatch(new RegExp(`^${practiceUrl}/saml/sso\\?`));
    expect(await cookieNamed(screen, '__Host-gatehouse_browser')).toMatchObject({
      domain: gatehouseHost,
      httpOnly: true,
      secure: true,
      sameSite: 'None',
    });
    await page.getByRole('button', { name: /alice@example\.com/ }).click();
    await page.waitForURL(`${baseUrl}/`);
    await heading(page, 'You are signed in').waitFor();
    expect(await page.locator('body').innerText()).toContain('alice@example.com');
    await screen.picture('20-https-session');
    expect(await callbackSteps()).toEqual([
      { method: 'POST', path: '/api/sso/login/callback', cookies: ['__Host-gatehouse_browser'], status: 303 },
    ]);
    expect(await cookieNamed(screen, '__Host-gatehouse_session')).toMatchObject({
      domain: gatehouseHost,
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    });

    await button(page, 'Sign out').click();
    await heading(page, 'You are signed out').waitFor();
    expect(await cookieNamed(screen, '__Host-gatehouse_session')).toBeUndefined();
    await page.goto(baseUrl);
    await heading(page, 'You are not signed in').waitFor();
    expect(screen.complaints()).toEqual([]);
    await screen.context.close();
  });

  it('keeps the administrators’ cookie to this site', async () => {
    const screen = await open();
    const { page } = screen;
    expect(setUpLink).toMatch(new RegExp(`^${baseUrl}/console/set-up#token=`));
    await page.goto(setUpLink);
    await field(page, 'Username').fill('root@platform.example');
    await field(page, 'Passphrase').fill('correct horse battery staple');
    await field(page, 'Passphrase again').fill('correct horse battery staple');
    await button(page, 'Create the administrator').click();
    await heading(page, 'SSO connectors').waitFor();
    expect(await cookieNamed(screen, '__Host-gatehouse_admin')).toMatchObject({
      domain: gatehouseHost,
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
    });
    await page.getByRole('link', { name: 'Practice' }).waitFor();
    expect(screen.complaints()).toEqual([]);
    await screen.context.close();
  });
});
