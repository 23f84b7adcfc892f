import type { Page } from 'playwright-core';
import type { Stage } from './practice/stage.ts';
import { expiredPem, setUpToken, validPem } from './practice/state.ts';

export interface Screen {
  readonly name: string;
  /** Whether somebody is signed in. */
  readonly inside: boolean;
  readonly path: (stage: Stage) => string;
  /** Brings the screen into its state after it has been opened. */
  readonly arrange?: (page: Page, stage: Stage) => Promise<void>;
  /** Puts the backend back, after the screen has been looked at. */
  readonly after?: (stage: Stage) => void;
}

const firstConnector = ({ state }: Stage): string => state.connectors[0]?.id ?? '';
const firstUser = ({ state }: Stage): string => state.users[0]?.id ?? '';

const click = async (page: Page, name: string | RegExp): Promise<void> => {
  await page.getByRole('button', { name }).first().click();
};

/** Every screen of the console, in every state that has a face of its own. */
export const screens: readonly Screen[] = [
  { name: 'sign-in', inside: false, path: () => '/sign-in' },
  {
    name: 'sign-in-refused',
    inside: false,
    path: () => '/sign-in',
    arrange: async (page) => {
      await page.getByLabel('Username').fill('ada@platform.example');
      await page.getByRole('textbox', { name: 'Passphrase' }).fill('wrong');
      await click(page, 'Sign in');
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'set-up', inside: false, path: () => `/set-up#token=${setUpToken}` },
  {
    name: 'set-up-refused',
    inside: false,
    path: () => `/set-up?again#token=${setUpToken}`,
    arrange: async (page) => {
      await click(page, 'Create the administrator');
      await page.getByRole('alert').or(page.locator('[aria-invalid=true]')).first().waitFor();
    },
  },
  { name: 'set-up-without-link', inside: false, path: () => '/set-up?plain' },
  { name: 'connectors', inside: true, path: () => '/connectors' },
  {
    name: 'connector-menu',
    inside: true,
    path: () => '/connectors',
    arrange: async (page) => {
      await click(page, 'Actions for Corp');
      await page.getByRole('menuitem', { name: 'Copy the login address used on INO cx' }).waitFor();
    },
  },
  {
    name: 'connector-disable',
    inside: true,
    path: () => '/connectors',
    arrange: async (page) => {
      await click(page, 'Actions for Corp');
      await page.getByRole('menuitem', { name: 'Disable' }).click();
      await page.getByText('This keeps').waitFor();
    },
  },
  {
    name: 'connector-delete',
    inside: true,
    path: () => '/connectors',
    arrange: async (page) => {
      await click(page, 'Actions for Corp');
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByText('This unlinks').waitFor();
    },
  },
  { name: 'connectors-none-found', inside: true, path: () => '/connectors?q=nothing-like-it' },
  {
    name: 'connectors-broken',
    inside: true,
    path: () => '/administrators',
    arrange: async (page, { faults }) => {
      faults.refused.set('GET /api/connectors', 'internal_error');
      await page.goto(`${new URL(page.url()).origin}/console/connectors`);
      await page.getByText('The connectors could not be loaded').waitFor();
    },
    after: ({ faults }) => faults.refused.clear(),
  },
  {
    name: 'connectors-loading',
    inside: true,
    path: () => '/administrators',
    arrange: async (page, { faults }) => {
      faults.held.set('GET /api/connectors', new Promise((keep) => setTimeout(keep, 4_000)));
      await page.goto(`${new URL(page.url()).origin}/console/connectors`);
      await page.getByText('Loading the connectors').waitFor({ state: 'attached' });
    },
    after: ({ faults }) => faults.held.clear(),
  },
  { name: 'connector-new', inside: true, path: () => '/connectors/new' },
  {
    name: 'connector-new-refused',
    inside: true,
    path: () => '/connectors/new',
    arrange: async (page) => {
      await page.getByLabel('Reference').fill('corp – eu');
      await page.getByRole('textbox', { name: 'Certificate', exact: true }).fill(`${validPem}\n${expiredPem}`);
      await page.getByText('Expired on').waitFor();
      await click(page, 'Create');
      await page.getByText('Must be an absolute address.').waitFor();
    },
  },
  { name: 'connector-edit', inside: true, path: (stage) => `/connectors/${firstConnector(stage)}` },
  {
    name: 'connector-conflict',
    inside: true,
    path: (stage) => `/connectors/${firstConnector(stage)}`,
    arrange: async (page, { state }) => {
      const stored = state.connectors[0];
      if (stored !== undefined) state.connectors[0] = { ...stored, version: stored.version + 1 };
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Corp 2');
      await click(page, 'Save');
      await page.getByText('Somebody else changed this connector').waitFor();
    },
  },
  { name: 'connector-unknown', inside: true, path: () => '/connectors/con_00000000000000000000000000' },
  { name: 'users', inside: true, path: () => '/users' },
  {
    name: 'user-create',
    inside: true,
    path: () => '/users',
    arrange: async (page) => {
      await click(page, 'Create a user');
      await page.getByRole('dialog').getByLabel('Username').fill('not an address');
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
      await page.getByText('Must be an e-mail address.').waitFor();
    },
  },
  { name: 'user-profile', inside: true, path: (stage) => `/users/${firstUser(stage)}` },
  { name: 'user-connectors', inside: true, path: (stage) => `/users/${firstUser(stage)}/connectors` },
  {
    name: 'user-connectors-picking',
    inside: true,
    path: (stage) => `/users/${firstUser(stage)}/connectors`,
    arrange: async (page) => {
      await page.getByRole('combobox', { name: 'Link a connector' }).fill('leg');
      await page.getByRole('option', { name: /Legacy directory/ }).waitFor();
    },
  },
  {
    name: 'user-suspend',
    inside: true,
    path: (stage) => `/users/${firstUser(stage)}`,
    arrange: async (page) => {
      await click(page, 'Suspend');
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'sessions', inside: true, path: () => '/sessions' },
  { name: 'sessions-of-user', inside: true, path: (stage) => `/sessions?user=${firstUser(stage)}` },
  {
    name: 'audit',
    inside: true,
    path: () => '/audit',
    arrange: async (page) => {
      await click(page, 'Details: Connector changed');
      await click(page, 'Details: Login failed');
      await page.getByText('The audience is missing').waitFor();
    },
  },
  { name: 'administrators', inside: true, path: () => '/administrators' },
  {
    name: 'administrator-create',
    inside: true,
    path: () => '/administrators',
    arrange: async (page) => {
      await click(page, 'Create an administrator');
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'api-keys', inside: true, path: () => '/api-keys' },
  {
    name: 'api-key-create',
    inside: true,
    path: () => '/api-keys',
    arrange: async (page) => {
      await click(page, 'Create an API key');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'api-key-shown-once',
    inside: true,
    path: () => '/api-keys',
    arrange: async (page) => {
      await click(page, 'Create an API key');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('Reporting');
      await dialog.getByRole('checkbox', { name: 'Read', exact: true }).check();
      await dialog.getByRole('button', { name: 'Create' }).click();
      await page.getByText('Copy it now').waitFor();
    },
  },
  {
    name: 'account-menu',
    inside: true,
    path: () => '/connectors',
    arrange: async (page) => {
      await click(page, /^Account:/);
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    },
  },
  { name: 'not-found', inside: true, path: () => '/nowhere' },
];
