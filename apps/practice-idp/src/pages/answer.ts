import { html } from './html.ts';
import type { Page } from './page.ts';

/** The form that carries an answer to the service provider (SAML Bindings 3.5.4). Without script it takes one click. */
export function answerPage(answer: {
  readonly acsUrl: string;
  readonly samlResponse: string;
  readonly relayState: string | undefined;
}): Page {
  const relayState =
    answer.relayState === undefined
      ? undefined
      : html`<input type="hidden" name="RelayState" value="${answer.relayState}">`;
  const body = html`<h1>Signed in</h1>
<p>You are being taken back to <code>${answer.acsUrl}</code>.</p>
<form id="answer" method="post" action="${answer.acsUrl}">
<input type="hidden" name="SAMLResponse" value="${answer.samlResponse}">
${relayState}
<button type="submit">Continue</button>
</form>`;
  return { title: 'Signed in', body, script: 'answer.js' };
}
