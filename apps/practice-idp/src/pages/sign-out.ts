import { type Account, displayName } from '../accounts.ts';
import { html } from './html.ts';
import type { Page } from './page.ts';

export function signOutPage(account: Account | undefined): Page {
  if (account === undefined) {
    return { title: 'Signed out', body: html`<h1>Nobody is signed in here</h1><p><a href="/">Overview</a></p>` };
  }
  const body = html`<h1>Sign out</h1>
<p>${displayName(account)} (${account.email}) is signed in here. Signing out ends this session only, not those at the
applications that were opened with it.</p>
<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>`;
  return { title: 'Sign out', body };
}
