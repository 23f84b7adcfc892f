import { displayName, practiceAccounts } from '../accounts.ts';
import type { FlawName } from '../saml/flaws/index.ts';
import { flawSelect } from './flaw-select.ts';
import { html } from './html.ts';
import type { Page } from './page.ts';

export interface SignInPageOptions {
  readonly serviceProvider: string;
  /** The request as it came, in the form of HTTP-POST: it is read again when the form comes back. */
  readonly samlRequest: string;
  readonly relayState: string | undefined;
  readonly flaw: FlawName | undefined;
  /** Of the address that was typed before. */
  readonly error?: string;
}

/** Enter in the address field presses the first button of the form, which must not be somebody's account. */
const typedAddressFirst = html`<button class="unseen" type="submit" tabindex="-1" aria-hidden="true">Sign in</button>`;

export function signInPage(options: SignInPageOptions): Page {
  const accounts = practiceAccounts.map(
    (account) => html`<button class="account" type="submit" name="account" value="${account.email}">
<strong>${displayName(account)}</strong> <span>${account.email}</span>
</button>`,
  );
  const relayState =
    options.relayState === undefined
      ? undefined
      : html`<input type="hidden" name="RelayState" value="${options.relayState}">`;
  const error =
    options.error === undefined ? undefined : html`<p class="error" id="email-error" role="alert">${options.error}</p>`;
  const describedBy = options.error === undefined ? 'email-hint' : 'email-hint email-error';
  const body = html`<h1>Sign in</h1>
<p class="notice">This is a practice identity provider. It asks for no password and must never be deployed.</p>
<p>You are signing in to <code>${options.serviceProvider}</code>.</p>
<form method="post" action="/saml/sign-in">
<input type="hidden" name="SAMLRequest" value="${options.samlRequest}">
${relayState}
${typedAddressFirst}
<fieldset>
<legend>Choose a practice account</legend>
${accounts}
</fieldset>
<fieldset>
<legend>Or be somebody else</legend>
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="off" maxlength="254" aria-describedby="${describedBy}">
<p class="hint" id="email-hint">Any address will do.</p>
${error}
<button type="submit">Sign in</button>
</fieldset>
<fieldset>
<legend>Misbehave on purpose</legend>
<label for="flaw">Flaw of the answer</label>
${flawSelect('flaw', 'flaw', options.flaw)}
</fieldset>
</form>`;
  return { title: 'Sign in', body };
}
