import { join } from 'node:path';
import { mustSkipBrowserTests } from '@gatehouse/test-servers';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTheatre, type Stage, settled, type Theatre } from './practice/stage.ts';
import { emptyState, fixtures, passphrase, setUpToken, validPem } from './practice/state.ts';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const said = (page: Page, words: string) => page.getByRole('alert').filter({ hasText: words }).first().waitFor();

const fillConnector = async (page: Page, name: string, reference: string): Promise<void> => {
  await field(page, 'Name').fill(name);
  await field(page, 'Reference').fill(reference);
  await field(page, 'Issuer URL').fill('https://idp.corp.example/metadata');
  await field(page, 'Endpoint').fill('https://idp.corp.example/sso');
};

const openMenu = async (page: Page, connector: string, item: string): Promise<void> => {
  await button(page, `Actions for ${connector}`).click();
  await page.getByRole('menuitem', { name: item }).click();
};

describe.skipIf(mustSkipBrowserTests())('the console', () => {
  let theatre: Theatre;
  let stage: Stage;
  let page: Page;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());
  beforeEach(async () => {
    stage = await theatre.open({ viewport: { width: 1280, height: 800 } });
    ({ page } = stage);
  });
  afterEach(async () => {
    const { complaints } = stage;
    await stage.close();
    expect(complaints).toEqual([]);
  });

  describe('for those who come in', () => {
    it('makes the first administrator from the set-up link and signs him in', async () => {
      const fresh = await theatre.open({ state: emptyState() });
      await fresh.goTo(`/set-up#token=${setUpToken}`);
      await field(fresh.page, 'Username').fill('ada@platform.example');
      await field(fresh.page, 'Passphrase').fill(passphrase);
      await field(fresh.page, 'Passphrase again').fill('another one');
      await button(fresh.page, 'Create the administrator').click();
      await fresh.page.getByText('The two passphrases differ.').waitFor();
      expect(fresh.state.administrators).toEqual([]);
      await field(fresh.page, 'Passphrase again').fill(passphrase);
      await button(fresh.page, 'Create the administrator').click();
      await fresh.page.getByText('No connectors yet').waitFor();
      expect(fresh.state.administrators.map(({ username }) => username)).toEqual(['ada@platform.example']);
      expect(fresh.page.url()).not.toContain(setUpToken);
      await fresh.close();
    });

    it('refuses a wrong passphrase and goes on to the page that was asked for', async () => {
      await stage.goTo('/users?q=alice');
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await field(page, 'Username').fill('ada@platform.example');
      await field(page, 'Passphrase').fill('wrong');
      await page.keyboard.press('Enter');
      await said(page, 'The name or the passphrase is wrong.');
      await field(page, 'Passphrase').fill(passphrase);
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'alice@corp.example' }).waitFor();
    });

    it('signs out, and asks for a sign-in when the session has ended', async () => {
      await stage.signIn();
      await page.getByRole('button', { name: /^Account/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(stage.state.csrfToken).toBeUndefined();
      await stage.signIn();
      stage.state.csrfToken = undefined;
      await page.getByRole('link', { name: 'API keys' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(new URL(page.url()).searchParams.get('next')).toBe('/api-keys');
    });
  });

  describe('for connectors', () => {
    beforeEach(() => stage.signIn());

    it('creates one by the keyboard alone', async () => {
      await page.getByRole('link', { name: 'Create a connector' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Create a connector' }).waitFor();
      const typed = ['Keyboard', 'keyboard', undefined, 'urn:idp', 'https://idp.corp.example/sso', undefined];
      for (const text of typed) {
        await page.keyboard.press('Tab');
        if (text !== undefined) await page.keyboard.insertText(text);
      }
      await page.keyboard.press('Tab');
      await page.keyboard.insertText(validPem);
      await page.getByText('CN=idp.corp.example').first().waitFor();
      await field(page, 'Name').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Keyboard' }).waitFor();
      expect(stage.state.connectors.at(-1)).toMatchObject({
        name: 'Keyboard',
        reference: 'keyboard',
        saml: { issuerUrl: 'urn:idp', certificates: [validPem] },
      });
    });

    it('puts what the server refuses at the fields, and the focus on the first of them', async () => {
      await stage.goTo('/connectors/new');
      await field(page, 'Reference').fill('corp – eu');
      await button(page, 'Create').click();
      await page.getByText('Takes 1 to 64 letters, digits and _ . + - @').waitFor();
      for (const name of ['Name', 'Reference', 'Issuer URL', 'Endpoint', 'Certificate']) {
        expect(await field(page, name).getAttribute('aria-invalid'), name).toBe('true');
      }
      expect(await field(page, 'Name').evaluate((element) => element === document.activeElement)).toBe(true);
    });

    it('shows at the type that OAUTH 2 is not available yet', async () => {
      await stage.goTo('/connectors/new');
      await field(page, 'Name').fill('CRM');
      await field(page, 'Reference').fill('crm');
      const type = page.getByRole('combobox', { name: 'Type' });
      expect(await type.locator('option').allTextContents()).toEqual(['SAML v2', 'OAUTH 2']);
      await type.selectOption('OAUTH 2');
      await button(page, 'Create').click();
      await page.getByText('Connectors of this type are not available yet.').waitFor();
      expect(await type.getAttribute('aria-invalid')).toBe('true');
    });

    it('shows at the reference that it is taken', async () => {
      await stage.goTo('/connectors/new');
      await fillConnector(page, 'Second', 'CORP');
      await field(page, 'Certificate').fill(validPem);
      await button(page, 'Create').click();
      await page.getByText('Another connector has this reference.').waitFor();
      expect(await field(page, 'Reference').getAttribute('aria-invalid')).toBe('true');
    });

    it('reads certificates from files, binary ones too, and shows what is in them', async () => {
      await stage.goTo('/connectors/new');
      await fillConnector(page, 'By file', 'by-file');
      const files = page.locator('input[type=file]');
      await files.setInputFiles([join(fixtures, 'valid.cer'), join(fixtures, 'expired.pem')]);
      await page.getByText('Valid until 1 Jan 2056').waitFor();
      await page.getByText('Expired on 1 Jan 2022').waitFor();
      const [corp] = stage.state.connectors;
      await page.getByText(corp?.saml.certificateDetails[0]?.fingerprint256 ?? 'none').waitFor();
      await button(page, 'Remove certificate 2').click();
      await button(page, 'Create').click();
      await page.getByRole('link', { name: 'By file' }).waitFor();
      const made = stage.state.connectors.at(-1);
      expect(made?.saml.certificateDetails.map(({ fingerprint256 }) => fingerprint256)).toEqual(
        corp?.saml.certificateDetails.map(({ fingerprint256 }) => fingerprint256),
      );
    });

    it('copies the login address from the cogged wheel', async () => {
      await stage.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await openMenu(page, 'Corp', 'Copy the login address used on INO cx');
      await said(page, 'Login address copied');
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(stage.state.connectors[0]?.loginAddress);
    });

    it('selects the login address where the page has no clipboard', async () => {
      await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
      await stage.goTo('/connectors');
      await openMenu(page, 'Corp', 'Copy the login address used on INO cx');
      await dialog(page).getByText('Press Ctrl+C').waitFor();
      await expect
        .poll(() => page.evaluate(() => document.getSelection()?.toString()))
        .toBe(stage.state.connectors[0]?.loginAddress);
    });

    it('lists the seven columns', async () => {
      expect(await page.getByRole('columnheader').allTextContents()).toEqual([
        'Name',
        'Reference',
        'Type',
        'Authentication method',
        'Issuer URL',
        'Endpoint',
        'SAML identifier format',
        'Actions',
      ]);
      expect(await page.getByRole('row', { name: /^Corp/ }).getByRole('cell').nth(1).textContent()).toBe('SAML V2');
    });

    it.each([1280, 1440])('shows the seven columns beside the wheel, none under it, at %i pixels', async (width) => {
      const [first] = stage.state.connectors;
      if (first !== undefined) {
        const nameIdFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos';
        const saml = { ...first.saml, issuerUrl: `https://idp.example/${'long/'.repeat(40)}`, nameIdFormat };
        const name = 'A connector whose name goes on for a while';
        stage.state.connectors[0] = { ...first, name, reference: 'a-reference-of-some-length', saml };
      }
      await page.setViewportSize({ width, height: 800 });
      await page.reload();
      await settled(page);
      const table = page.getByRole('region', { name: 'SSO connectors' });
      const [content, room] = await table.evaluate((element) => [element.scrollWidth, element.clientWidth]);
      expect(content).toBe(room);
      const whole = page.getByTitle('urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos');
      expect((await whole.boundingBox())?.width).toBeGreaterThan(80);
    });

    it('searches, and says so when nothing is found', async () => {
      await page.getByRole('searchbox').fill('legacy');
      await page.getByRole('link', { name: 'Corp', exact: true }).waitFor({ state: 'detached' });
      expect(await page.getByRole('row').count()).toBe(2);
      await page.getByRole('searchbox').fill('nothing like it');
      await page.getByText('No connector found').waitFor();
    });

    it('disables after saying whom it touches, and enables without a question', async () => {
      await openMenu(page, 'Corp', 'Disable');
      await dialog(page).getByText('This keeps 1 linked user from signing in through it and ends 1 session.').waitFor();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      expect(stage.state.connectors[0]?.enabled).toBe(true);
      await openMenu(page, 'Corp', 'Disable');
      await dialog(page).getByText('This keeps').waitFor();
      await dialog(page).getByRole('button', { name: 'Disable' }).click();
      await said(page, 'Corp is disabled');
      expect(stage.state.connectors[0]?.enabled).toBe(false);
      await openMenu(page, 'Corp', 'Enable');
      await said(page, 'Corp is enabled');
      expect(stage.state.connectors[0]?.enabled).toBe(true);
    });

    it('deletes after saying whom it touches', async () => {
      await openMenu(page, 'Corp', 'Delete');
      await dialog(page).getByText('This unlinks 1 user and ends 1 session.').waitFor();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      expect(stage.state.connectors[0]?.name).toBe('Corp');
      await openMenu(page, 'Corp', 'Delete');
      await dialog(page).getByText('This unlinks').waitFor();
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await said(page, 'Corp is deleted');
      expect(stage.state.connectors[0]?.name).not.toBe('Corp');
    });

    it('saves what has changed, and keeps the rest', async () => {
      const before = stage.state.connectors[0];
      await page.getByRole('link', { name: 'Corp', exact: true }).click();
      await field(page, 'Name').fill('Corporation');
      await button(page, 'Save').click();
      await said(page, 'Corporation is saved');
      expect(stage.state.connectors[0]).toMatchObject({ name: 'Corporation', version: 2, saml: before?.saml });
    });

    it('tells of a change by somebody else and shows it after a reload', async () => {
      await page.getByRole('link', { name: 'Corp', exact: true }).click();
      await field(page, 'Name').fill('Mine');
      const stored = stage.state.connectors[0];
      if (stored === undefined) throw new Error('no connector');
      stage.state.connectors[0] = { ...stored, name: 'Theirs', version: 2 };
      await button(page, 'Save').click();
      await said(page, 'Somebody else changed this connector');
      await expect
        .poll(() => page.evaluate(() => document.querySelector('form [role=alert]')?.getBoundingClientRect().top))
        .toBeGreaterThan(60);
      expect(await field(page, 'Name').inputValue()).toBe('Mine');
      await button(page, 'Reload').click();
      await page.getByRole('heading', { level: 1, name: 'Theirs' }).waitFor();
      expect(await field(page, 'Name').inputValue()).toBe('Theirs');
    });

    it('asks before unsaved changes are lost', async () => {
      await page.getByRole('link', { name: 'Corp', exact: true }).click();
      await field(page, 'Name').fill('Mine');
      await page.getByRole('link', { name: 'Users', exact: true }).click();
      await dialog(page).getByText('Leave without saving?').waitFor();
      await dialog(page).getByRole('button', { name: 'Stay' }).click();
      expect(await field(page, 'Name').inputValue()).toBe('Mine');
      await page.getByRole('link', { name: 'Users', exact: true }).click();
      await dialog(page).getByRole('button', { name: 'Leave' }).click();
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    });

    it('shows Identifier and Reply URL to copy', async () => {
      await stage.goTo('/connectors/new');
      expect(await field(page, 'Identifier').inputValue()).toBe('http://localhost:3000/api/saml/metadata');
      expect(await field(page, 'Reply URL').inputValue()).toBe('http://localhost:3000/api/sso/login/callback');
    });
  });

  describe('for everybody', () => {
    beforeEach(() => stage.signIn());

    it('shows a fault with its trace reference, and goes on when it is over', async () => {
      stage.faults.refused.set('GET /api/users', 'internal_error');
      await page.getByRole('link', { name: 'Users', exact: true }).click();
      await said(page, 'Something went wrong on this side');
      expect(await page.locator('.trace-reference').textContent()).toMatch(/Trace reference [0-9a-f]{32}/);
      stage.faults.refused.clear();
      await button(page, 'Try again').click();
      await page.getByRole('link', { name: 'alice@corp.example' }).waitFor();
    });

    it('leads the keyboard past the navigation, and gives the focus back after a dialog', async () => {
      await stage.goTo('/users');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Create a user');
      await page.keyboard.press('Enter');
      await dialog(page).getByRole('textbox', { name: 'Username' }).waitFor();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Create a user');
    });

    it('opens the wheel by the keyboard and walks its items by the arrows', async () => {
      await button(page, 'Actions for Corp').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Edit' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(
        /Copy the login address|Edit|Disable/,
      );
      await page.keyboard.press('Escape');
      await page.getByRole('menuitem', { name: 'Edit' }).waitFor({ state: 'detached' });
    });

    it('goes dark by the account menu and stays so', async () => {
      await page.getByRole('button', { name: /^Account/ }).click();
      await page.getByRole('menuitemradio', { name: 'Dark' }).click();
      const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
      expect(await scheme()).toBe('dark');
      await page.reload();
      await settled(page);
      expect(await scheme()).toBe('dark');
    });
  });
});
