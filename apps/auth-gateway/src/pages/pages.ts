import type { OwnSession } from '@gatehouse/contracts';
import { html, type Markup } from './html.ts';
import type { Page } from './page.ts';

const action = (address: string, words: string): Markup =>
  html`<p><a class="action" href="${address}">${words}</a></p>`;

const instant = (iso: string): Markup =>
  html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;

/** What the user sees of a refusal: never why, for that would tell strangers who is known here. */
export const refusedPage = (refusal: {
  readonly reference: string;
  readonly startAgain: boolean;
  readonly loginAddress: string | undefined;
}): Page => ({
  title: 'You are not signed in',
  content: html`${
    refusal.startAgain
      ? html`<p>This sign-in took too long, was used before, or was started in another browser. Start it again from here, in this browser, with cookies allowed.</p>`
      : html`<p>Your identity provider answered, but its answer could not be accepted. If this happens again, ask your administrator and give this reference:</p>`
  }
<p class="reference">${refusal.reference}</p>
${refusal.loginAddress === undefined ? undefined : action(refusal.loginAddress, 'Try again')}`,
});

export const sessionPage = ({ user, connector, startedAt, expiresAt }: OwnSession): Page => ({
  title: 'You are signed in',
  content: html`<dl>
<div><dt>Name</dt><dd>${user.displayName === '' ? user.username : user.displayName}</dd></div>
<div><dt>User</dt><dd>${user.username}</dd></div>
<div><dt>Signed in through</dt><dd>${connector.name}</dd></div>
<div><dt>Since</dt><dd>${instant(startedAt)}</dd></div>
<div><dt>Until, if not used</dt><dd>${instant(expiresAt)}</dd></div>
</dl>
<form method="post" action="/api/session/sign-out"><button class="action" type="submit">Sign out</button></form>`,
});

export const noSessionPage: Page = {
  title: 'You are not signed in',
  content: html`<p>Open the login address that your administrator gave you to sign in.</p>`,
};

export const signedOutPage: Page = {
  title: 'You are signed out',
  content: html`<p>Your session here has ended. You may still be signed in at your identity provider.</p>
<p><a href="/">Back to the start</a></p>`,
};

export const notFoundPage: Page = {
  title: 'There is nothing here',
  content: html`<p>The address may be mistyped, or what it led to is no longer in use. Ask your administrator for the current login address.</p>`,
};

export const badRequestPage: Page = {
  title: 'That did not work',
  content: html`<p>The request was incomplete or not allowed. Open the login address that your administrator gave you and start again.</p>`,
};

export const tooManyPage: Page = {
  title: 'Too many sign-ins',
  content: html`<p>There were too many sign-ins from your network in a short time. Wait a minute, then try again.</p>`,
};

export const unavailablePage: Page = {
  title: 'Sign-in is not possible at the moment',
  content: html`<p>Something that is needed to sign you in does not answer. Nothing is lost: wait a moment, then try again.</p>`,
};
