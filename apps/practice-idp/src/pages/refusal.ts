import { html } from './html.ts';
import type { Page } from './page.ts';

/** Why the identity provider goes no further. It never offers a way to an address that a request named. */
export function refusalPage(refusal: { readonly code: string; readonly message: string }): Page {
  const body = html`<h1>This cannot go on</h1>
<p>${refusal.message}.</p>
<p class="hint">Code: <code>${refusal.code}</code></p>
<p><a href="/">Overview</a></p>`;
  return { title: 'Refused', body };
}
