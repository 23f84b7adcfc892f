import { type Account, displayName } from '../accounts.ts';
import { type FlawName, flawNames, flaws } from '../saml/flaws/index.ts';
import type { IdpAddresses } from '../saml/metadata.ts';
import { nameIdFormats } from '../saml/names.ts';
import { flawSelect } from './flaw-select.ts';
import { type Html, html } from './html.ts';
import type { Page } from './page.ts';

export interface LandingPageOptions {
  readonly addresses: IdpAddresses;
  readonly certificate: string;
  readonly flaw: FlawName | undefined;
  readonly account: Account | undefined;
}

/** What an administrator needs to make a connector to this identity provider, under the names of the connector form. */
export function landingPage(options: LandingPageOptions): Page {
  const { addresses, certificate, flaw, account } = options;
  const body = html`<h1>Practice identity provider</h1>
<p class="notice">For trying things out: it asks for no password and must never be deployed.</p>
${sessionLine(account)}
<h2>For the connector form</h2>
${copyField('issuer-url', 'Issuer URL', addresses.entityId, 'input')}
${copyField('endpoint', 'Endpoint', addresses.ssoUrl, 'input')}
${copyField('name-id-format', 'SAML Identifier Format', nameIdFormats.emailAddress, 'input')}
${copyField('certificate', 'Certificate', certificate.trim(), 'textarea')}
<p><a href="/saml/metadata">Metadata</a> says the same to machines.</p>
<h2>Misbehave on purpose</h2>
<p>A flaw chosen here spoils every answer until it is switched off. The sign-in page can choose one for a single answer.</p>
<form method="post" action="/practice/flaw">
<label for="flaw">Flaw of every answer</label>
${flawSelect('flaw', 'name', flaw)}
<button type="submit">Apply</button>
</form>
<details>
<summary>All ${String(flawNames.length)} flaws</summary>
<div class="scroll" tabindex="0" role="region" aria-label="All flaws">
<table>
<thead><tr><th scope="col">Flaw</th><th scope="col">What is wrong</th><th scope="col">Expected</th></tr></thead>
<tbody>${flawNames.map(flawRow)}</tbody>
</table>
</div>
</details>`;
  return { title: 'Overview', body, script: 'copy.js' };
}

function sessionLine(account: Account | undefined): Html {
  if (account === undefined) return html`<p>Nobody is signed in here.</p>`;
  return html`<p>${displayName(account)} (${account.email}) is signed in here. <a href="/sign-out">Sign out</a></p>`;
}

function copyField(id: string, label: string, value: string, kind: 'input' | 'textarea'): Html {
  const field =
    kind === 'input'
      ? html`<input id="${id}" value="${value}" readonly spellcheck="false">`
      : html`<textarea id="${id}" rows="8" readonly spellcheck="false">${value}</textarea>`;
  return html`<div class="field">
<label for="${id}">${label}</label>
${field}
<button type="button" data-copy="${id}" aria-label="Copy ${label}" hidden>Copy</button>
</div>`;
}

function flawRow(name: FlawName): Html {
  const flaw = flaws[name];
  return html`<tr><td><code>${name}</code></td><td>${flaw.description}</td><td>${flaw.expected}</td></tr>`;
}
