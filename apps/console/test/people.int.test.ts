import { mustSkipBrowserTests } from '@gatehouse/test-servers';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTheatre, type Stage, type Theatre } from './practice/stage.ts';
import { passphrase } from './practice/state.ts';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const said = (page: Page, words: string) => page.getByRole('alert').filter({ hasText: words }).first().waitFor();
const confirm = (page: Page, verb: string) => dialog(page).getByRole('button', { name: verb, exact: true }).click();

describe.skipIf(mustSkipBrowserTests())('the console, about people and keys', () => {
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
    await stage.signIn();
  });
  afterEach(async () => {
    const { complaints } = stage;
    await stage.close();
    expect(complaints).toEqual([]);
  });

  it('creates a user, links him to a connector and unlinks him', async () => {
    await stage.goTo('/users');
    await button(page, 'Create a user').click();
    await dialog(page).getByRole('textbox', { name: 'Username' }).fill('alice@corp.example');
    await confirm(page, 'Create');
    await dialog(page).getByText('Another user has this username.').waitFor();
    await dialog(page).getByRole('textbox', { name: 'Username' }).fill('Carol@Corp.example');
    await confirm(page, 'Create');
    await page.getByRole('heading', { level: 1, name: 'carol@corp.example' }).waitFor();
    await page.getByText('Not linked to any connector').waitFor();

    await page.getByRole('combobox', { name: 'Link a connector' }).fill('Cor');
    await page.getByRole('option', { name: 'Corp (corp)' }).click();
    await button(page, 'Link').click();
    await said(page, 'The connector is linked');
    const carol = stage.state.users.at(-1);
    expect(stage.state.links.get(carol?.id ?? '')).toMatchObject([{ reference: 'corp', bound: false }]);

    await button(page, 'Unlink').click();
    await confirm(page, 'Unlink');
    await said(page, 'Corp is unlinked');
    await page.getByText('Not linked to any connector').waitFor();
  });

  it('frees a bound subject', async () => {
    const alice = stage.state.users[0]?.id ?? '';
    await stage.goTo(`/users/${alice}/connectors`);
    await button(page, 'Free the subject').click();
    await confirm(page, 'Free the subject');
    await said(page, 'The subject is free');
    expect(stage.state.links.get(alice)?.map(({ bound }) => bound)).toEqual([false, false]);
    await button(page, 'Free the subject').waitFor({ state: 'detached' });
  });

  it('changes a profile, suspends, reactivates and deletes', async () => {
    const alice = stage.state.users[0]?.id ?? '';
    const stored = () => stage.state.users.find(({ id }) => id === alice);
    await stage.goTo(`/users/${alice}`);
    await page.getByRole('textbox', { name: 'Display name' }).fill('Alice L.');
    await button(page, 'Save').click();
    await said(page, 'The profile is saved');
    expect(stored()).toMatchObject({ displayName: 'Alice L.', version: 2 });
    await page.getByRole('heading', { level: 1, name: 'Alice L.' }).waitFor();

    await button(page, 'Suspend').click();
    await confirm(page, 'Suspend');
    await said(page, 'is suspended and signed out');
    expect(stored()?.status).toBe('suspended');
    await button(page, 'Reactivate').click();
    await said(page, 'may sign in again');
    expect(stored()?.status).toBe('active');

    await button(page, 'Delete').click();
    await confirm(page, 'Delete');
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    expect(stored()).toBeUndefined();
  });

  it('pages through the users, forward and back', async () => {
    await stage.goTo('/users');
    await button(page, 'Next').click();
    await page.getByText('Page 2').waitFor();
    await page.getByRole('link', { name: 'person24@corp.example' }).waitFor();
    await button(page, 'Next').click();
    await page.getByRole('link', { name: 'person60@corp.example' }).waitFor();
    expect(await button(page, 'Next').isDisabled()).toBe(true);
    await button(page, 'Previous').click();
    await button(page, 'Previous').click();
    await page.getByRole('link', { name: 'alice@corp.example' }).waitFor();
    expect(await button(page, 'Previous').isDisabled()).toBe(true);
  });

  it('revokes one session, then all of a user', async () => {
    const bob = stage.state.users[1];
    await stage.goTo('/sessions');
    await page.getByRole('button', { name: /^Revoke the session of alice/ }).click();
    await confirm(page, 'Revoke');
    await said(page, 'The session is revoked');
    expect(stage.state.sessions.map(({ user }) => user.id)).toEqual([bob?.id]);

    await page.getByRole('combobox', { name: 'User' }).fill('bob');
    await page.getByRole('option', { name: /^bob/ }).click();
    await button(page, 'Revoke all of these').click();
    await confirm(page, 'Revoke all');
    await said(page, '1 session is revoked');
    expect(stage.state.sessions).toEqual([]);
  });

  it('shows who changed what, before and after, and filters', async () => {
    await stage.goTo('/audit');
    await button(page, 'Details: Connector changed').click();
    await page.getByText('https://idp.old.example/metadata').waitFor();
    expect(await page.locator('ins').first().textContent()).toContain('https://accounts.google.com/');
    await page.getByRole('combobox', { name: 'Kind of entry' }).selectOption('Login failed');
    await button(page, 'Details: Connector changed').waitFor({ state: 'detached' });
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByRole('combobox', { name: 'Kind of entry' }).selectOption('All kinds');
    await page.getByRole('searchbox').fill('alice@corp.example');
    await button(page, 'Details: Login failed').waitFor({ state: 'detached' });
    await button(page, 'Details: User linked to a connector').waitFor();
  });

  it('creates and removes administrators, but not the last one', async () => {
    await stage.goTo('/administrators');
    await button(page, 'Create an administrator').click();
    const form = dialog(page);
    await form.getByRole('textbox', { name: 'Username' }).fill('linus@platform.example');
    await form.getByRole('textbox', { name: 'Passphrase', exact: true }).fill('short');
    await form.getByRole('textbox', { name: 'Passphrase again' }).fill('short');
    await confirm(page, 'Create');
    await form.locator('[aria-invalid=true]').waitFor();
    await form.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(passphrase);
    await form.getByRole('textbox', { name: 'Passphrase again' }).fill(passphrase);
    await confirm(page, 'Create');
    await said(page, 'linus@platform.example may sign in now');

    for (const name of ['linus@platform.example', 'grace@platform.example']) {
      await button(page, `Remove ${name}`).click();
      await confirm(page, 'Remove');
      await said(page, `${name} is removed`);
      await dialog(page).waitFor({ state: 'detached' });
    }
    await button(page, 'Remove ada@platform.example').click();
    await confirm(page, 'Remove');
    await dialog(page).getByText('The last administrator cannot be removed.').waitFor();
    expect(stage.state.administrators).toHaveLength(1);
  });

  it('shows a new API key once', async () => {
    await stage.goTo('/api-keys');
    await button(page, 'Create an API key').click();
    await dialog(page).getByRole('textbox', { name: 'Name' }).fill('Reporting');
    await confirm(page, 'Create');
    await dialog(page).getByText('not be empty').waitFor();
    await dialog(page).getByRole('checkbox', { name: 'Check sessions' }).check();
    await dialog(page).getByLabel('Expires').fill('2099-12-31');
    await confirm(page, 'Create');
    const key = await dialog(page).getByRole('textbox', { name: 'API key' }).inputValue();
    expect(key).toMatch(/^gk_.{40,}/);
    await page.keyboard.press('Escape');
    expect(await dialog(page).isVisible()).toBe(true);
    await button(page, 'I have copied it').click();
    await page.getByRole('rowheader', { name: 'Reporting' }).waitFor();
    expect(await page.content()).not.toContain(key);
    expect(stage.state.keys.at(-1)).toMatchObject({ name: 'Reporting', rights: ['sessions:check'] });

    await button(page, 'Delete the API key Reporting').click();
    await confirm(page, 'Delete');
    await said(page, 'The API key Reporting is deleted');
    expect(stage.state.keys.map(({ name }) => name)).not.toContain('Reporting');
  });
});
