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
import { type CallbackStep, watchCallback } from './callback-watch.ts';
import { button, field, heading, openScreen, requireConsole, type Screen } from './screen.ts';

const root = { username: 'root@platform.example', passphrase: 'correct horse battery staple' };
const carol = { username: 'carol@example.com', displayName: 'Carol Clark' };
const origin = (address: string): string => new URL(address).origin;

/** What the practice identity provider shows for a connector form. */
interface Shown {
  readonly issuerUrl: string;
  readonly endpoint: string;
  readonly nameIdFormat: string;
  readonly certificate: string;
}

// One story: each step goes on where the one before it ended.
describe.skipIf(mustSkipBrowserTests())('from the first start to the sign-out', () => {
  let product: RunningStandalone;
  let browser: Browser;
  let admin: Screen;
  let person: Screen;
  let practiceUrl: string;
  let setUpLink: string;
  let shown: Shown;
  let loginAddress: string;
  let callbackSteps: () => Promise<readonly CallbackStep[]>;

  beforeAll(async () => {
    requireConsole();
    const practicePort = await freePort();
    practiceUrl = `http://127.0.0.1:${practicePort}`;
    product = await startStandalone({
      args: [],
      env: { PRACTICE_IDP_PORT: String(practicePort), GATEHOUSE_ADMIN_KEY: '', GATEHOUSE_RATE_LIMIT: 'on' },
    });
    const output = await untilOutput(product.process, /Ctrl-C/);
    setUpLink = /Set-up link\s+(\S+)/.exec(output)?.[1] ?? '';
    browser = await launchBrowser();
    admin = await openScreen(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    person = await openScreen(browser);
    callbackSteps = watchCallback(person.page);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  const goTo = async (path: string, name: string): Promise<void> => {
    await admin.page.goto(`${product.baseUrl}/console${path}`);
    await heading(admin.page, name).waitFor();
  };

  it('makes the first administrator by the link that the start printed', async () => {
    const { page } = admin;
    await page.goto(setUpLink);
    await field(page, 'Username').fill(root.username);
    await field(page, 'Display name').fill('Root');
    await field(page, 'Passphrase').fill(root.passphrase);
    await field(page, 'Passphrase again').fill(root.passphrase);
    await admin.picture('01-set-up');
    await button(page, 'Create the administrator').click();
    await heading(page, 'SSO connectors').waitFor();
    await page.getByRole('link', { name: 'Practice' }).waitFor();
    expect(page.url()).toBe(`${product.baseUrl}/console/connectors`);
    await admin.picture('02-connectors');
  });

  it('lets him out and in again', async () => {
    const { page } = admin;
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading(page, 'Sign in').waitFor();
    await field(page, 'Username').fill(root.username);
    await field(page, 'Passphrase').fill(root.passphrase);
    await admin.picture('03-sign-in');
    await button(page, 'Sign in').click();
    await heading(page, 'SSO connectors').waitFor();
  });

  it('reads what the practice identity provider says of itself', async () => {
    const { page } = await openScreen(browser);
    await page.goto(practiceUrl);
    const value = (label: string): Promise<string> => page.getByLabel(label, { exact: true }).inputValue();
    shown = {
      issuerUrl: await value('Issuer URL'),
      endpoint: await value('Endpoint'),
      nameIdFormat: await value('SAML Identifier Format'),
      certificate: await value('Certificate'),
    };
    expect(origin(shown.endpoint)).toBe(practiceUrl);
    await page.context().close();
  });

  it('makes a connector of it by the form', async () => {
    const { page } = admin;
    await page.getByRole('link', { name: 'Create a connector' }).click();
    await heading(page, 'Create a connector').waitFor();
    await field(page, 'Name').fill('By form');
    await field(page, 'Reference').fill('by-form');
    await field(page, 'Issuer URL').fill(shown.issuerUrl);
    await field(page, 'Endpoint').fill(shown.endpoint);
    await page.getByLabel('SAML Identifier Format').selectOption(shown.nameIdFormat);
    await field(page, 'Certificate').fill(shown.certificate);
    await page.getByText('Practice identity provider').first().waitFor();
    await admin.picture('04-connector-form');
    await button(page, 'Create').click();
    await heading(page, 'SSO connectors').waitFor();
    await page.getByRole('link', { name: 'By form' }).waitFor();
    await admin.picture('05-connector-in-list');
  });

  it('makes a user and links him on the tab "SSO connectors" of his card', async () => {
    const { page } = admin;
    await goTo('/users', 'Users');
    await button(page, 'Create a user').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Username' }).fill(carol.username);
    await dialog.getByRole('textbox', { name: 'Display name' }).fill(carol.displayName);
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await heading(page, carol.displayName).waitFor();
    await page.getByRole('tab', { name: 'SSO connectors' }).click();
    await page.getByRole('combobox', { name: 'Link a connector' }).fill('by-f');
    await page.getByRole('option', { name: 'By form (by-form)' }).click();
    await button(page, 'Link').click();
    await page.getByRole('row', { name: /by-form.*Not bound yet/ }).waitFor();
    await admin.picture('06-user-card');
  });

  it('copies the login address from the cogged wheel', async () => {
    const { page } = admin;
    await goTo('/connectors', 'SSO connectors');
    await button(page, 'Actions for By form').click();
    const item = page.getByRole('menuitem', { name: 'Copy the login address used on INO cx', exact: true });
    await item.waitFor();
    await admin.picture('07-connector-menu');
    await item.click();
    await page.getByText('Login address copied').waitFor();
    loginAddress = await page.evaluate(() => navigator.clipboard.readText());
    expect(loginAddress).toBe(`${product.baseUrl}/api/sso/login/by-form`);
    expect(admin.complaints()).toEqual([]);
  });

  const signIn = async (email: string): Promise<void> => {
    const { page } = person;
    await page.goto(loginAddress);
    expect(origin(page.url())).toBe(practiceUrl);
    await page.getByLabel('E-mail address').fill(email);
    await person.picture('08-practice-sign-in');
    await page.getByRole('button', { name: 'Sign in', exact: true }).last().click();
    await page.waitForURL(`${product.baseUrl}/**`);
  };

  it('refuses somebody whom the identity provider knows and the directory does not', async () => {
    await signIn('stranger@example.com');
    const { page } = person;
    await heading(page, 'You are not signed in').waitFor();
    expect(await page.locator('body').innerText()).toMatch(/SSO-[0-9A-Z]{8}/);
    expect((await callbackSteps()).at(-1)?.status).toBe(403);
    await person.picture('09-refused');
    await page.goto(`${practiceUrl}/sign-out`);
    await button(page, 'Sign out').click();
    await page.getByText('Nobody is signed in here').waitFor();
  });

  it('signs the user in through a callback without the cookie, and a hop that brings it', async () => {
    await signIn(carol.username);
    const { page } = person;
    await heading(page, 'You are signed in').waitFor();
    expect(page.url()).toBe(`${product.baseUrl}/`);
    const body = await page.locator('body').innerText();
    expect(body).toContain(carol.displayName);
    expect(body).toContain(carol.username);
    expect(body).toContain('By form');
    await person.picture('10-session');
    expect(await callbackSteps()).toEqual([
      { method: 'POST', path: '/api/sso/login/callback', cookies: [], status: 303 },
      { method: 'GET', path: '/api/sso/login/callback/continue', cookies: ['gatehouse_browser'], status: 303 },
    ]);
    const cookies = await person.context.cookies(product.baseUrl);
    expect(cookies.find(({ name }) => name === 'gatehouse_session')).toMatchObject({
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
    });
  });

  it('signs the user out', async () => {
    const { page } = person;
    await button(page, 'Sign out').click();
    await heading(page, 'You are signed out').waitFor();
    await person.picture('11-signed-out');
    await page.goto(product.baseUrl);
    await heading(page, 'You are not signed in').waitFor();
    expect((await person.context.cookies(product.baseUrl)).map(({ name }) => name)).not.toContain('gatehouse_session');
  });

  it('throws a user out whom an administrator suspends, and lets him in no more', async () => {
    const { page } = person;
    // Still signed in at the identity provider, which answers at once.
    await page.goto(loginAddress);
    await heading(page, 'You are signed in').waitFor();
    await goTo('/sessions', 'Sessions');
    await admin.page.locator('main').getByText(carol.username).filter({ visible: true }).first().waitFor();
    await admin.picture('12-sessions');

    await goTo('/users', 'Users');
    await admin.page
      .getByRole('link', { name: carol.displayName })
      .or(admin.page.getByText(carol.username))
      .first()
      .click();
    await heading(admin.page, carol.displayName).waitFor();
    await button(admin.page, 'Suspend').click();
    await admin.page.getByRole('dialog').getByRole('button', { name: 'Suspend', exact: true }).click();
    await admin.page.getByText('is suspended and signed out').waitFor();
    await admin.picture('13-suspended');

    await page.goto(product.baseUrl);
    await heading(page, 'You are not signed in').waitFor();
    await page.goto(loginAddress);
    await heading(page, 'You are not signed in').waitFor();
    await page.getByText(/SSO-[0-9A-Z]{8}/).waitFor();
    await person.picture('14-suspended-person');
    await goTo('/sessions', 'Sessions');
    await admin.page.getByText('No sessions').first().waitFor();
  });

  it('has it all in the audit', async () => {
    const { page } = admin;
    await goTo('/audit', 'Audit');
    const table = page.getByRole('table', { name: 'Audit entries' });
    await table.getByText('Login failed').first().waitFor();
    const entries = await table.innerText();
    for (const words of [
      'Administrator created',
      'Administrator signed in',
      'Connector created',
      'User created',
      'User linked to a connector',
      'Subject bound',
      'Login succeeded',
      'Login failed',
      'Session started',
      'Session revoked',
      'User suspended',
    ]) {
      expect(entries, words).toContain(words);
    }
    await page.getByRole('button', { name: 'Details: Connector created' }).first().click();
    await page.getByText(shown.issuerUrl).first().waitFor();
    await admin.picture('15-audit');
    expect(await page.content()).not.toContain('BEGIN PRIVATE KEY');
    expect(admin.complaints()).toEqual([]);
  });
});
