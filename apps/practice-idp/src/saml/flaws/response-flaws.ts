import { instant, override } from '../draft.ts';
import { statusCodes } from '../names.ts';
import { omitted } from '../parts.ts';
import { escapeText } from '../render.ts';
import { content } from './flaw.ts';

const stranger = 'https://stranger.example';

/** Wrong envelopes: addresses, issuers, status, version, instants. */
export const responseFlaws = {
  'wrong-destination': content('destination-and-recipient', 'Destination is another address', (draft) =>
    override(draft, { response: { destination: `${stranger}/acs` } }),
  ),
  'missing-destination': content('destination-and-recipient', 'No Destination', (draft) =>
    override(draft, { response: { destination: omitted } }),
  ),
  'empty-destination': content('destination-and-recipient', 'Destination is empty', (draft) =>
    override(draft, { response: { destination: '' } }),
  ),
  'destination-prefix': content(
    'destination-and-recipient',
    'Destination only begins like the right one',
    (draft, scene) => override(draft, { response: { destination: `${scene.statement.acsUrl}/more` } }),
  ),
  'wrong-recipient': content('destination-and-recipient', 'Recipient is another address', (draft) =>
    override(draft, { confirmation: { recipient: `${stranger}/acs` } }),
  ),
  'missing-recipient': content('destination-and-recipient', 'No Recipient', (draft) =>
    override(draft, { confirmation: { recipient: omitted } }),
  ),
  'recipient-prefix': content('destination-and-recipient', 'Recipient only begins like the right one', (draft, scene) =>
    override(draft, { confirmation: { recipient: `${scene.statement.acsUrl}/more` } }),
  ),

  'wrong-issuer-response': content('issuer', 'The response names another issuer', (draft) =>
    override(draft, { response: { issuer: stranger } }),
  ),
  'wrong-issuer-assertion': content('issuer', 'The assertion names another issuer', (draft) =>
    override(draft, { assertion: { issuer: stranger } }),
  ),
  'wrong-issuer': content('issuer', 'Response and assertion name another issuer', (draft) =>
    override(draft, { response: { issuer: stranger }, assertion: { issuer: stranger } }),
  ),
  'missing-issuer-response': content('issuer', 'The response names no issuer', (draft) =>
    override(draft, { response: { issuer: omitted } }),
  ),
  'missing-issuer-assertion': content('issuer', 'The assertion names no issuer', (draft) =>
    override(draft, { assertion: { issuer: omitted } }),
  ),
  'decorated-issuer-response': content('issuer', 'A comment splits the issuer of the response', (draft, scene) =>
    override(draft, { response: { issuer: { content: split(scene.statement.issuer) } } }),
  ),
  'decorated-issuer-assertion': content('issuer', 'A comment splits the issuer of the assertion', (draft, scene) =>
    override(draft, { assertion: { issuer: { content: split(scene.statement.issuer) } } }),
  ),
  'foreign-namespace-issuer': content(
    'issuer',
    'The issuer of the assertion is of another namespace',
    (draft, scene) => {
      const text = escapeText(scene.statement.issuer);
      const element = `<other:Issuer xmlns:other="urn:example:other">${text}</other:Issuer>`;
      return override(draft, { assertion: { issuer: { element } } });
    },
  ),
  'padded-issuer': content('issuer', 'Spaces around the issuer of the assertion', (draft, scene) =>
    override(draft, { assertion: { issuer: ` ${scene.statement.issuer} ` } }),
  ),

  'status-failure-beside-signed-assertion': content(
    'status',
    'The status is a failure, beside a good assertion',
    (draft) => override(draft, { response: { status: statusCodes.responder } }),
  ),
  'status-success-below-failure': content('status', 'A failure whose second-level code says Success', (draft) => {
    const inner = `<samlp:StatusCode Value="${statusCodes.success}"></samlp:StatusCode>`;
    const outer = `<samlp:StatusCode Value="${statusCodes.requester}">${inner}</samlp:StatusCode>`;
    return override(draft, { response: { status: { element: `<samlp:Status>${outer}</samlp:Status>` } } });
  }),
  'missing-status': content('status', 'No status', (draft) => override(draft, { response: { status: omitted } })),
  'authentication-failed': content('status', 'An honest refusal: AuthnFailed and no assertion', (draft) => {
    const inner = `<samlp:StatusCode Value="${statusCodes.authnFailed}"></samlp:StatusCode>`;
    const outer = `<samlp:StatusCode Value="${statusCodes.responder}">${inner}</samlp:StatusCode>`;
    return override(draft, {
      response: { status: { element: `<samlp:Status>${outer}</samlp:Status>` }, assertions: [] },
    });
  }),

  'saml-1.1-version': content('version-and-instant', 'The response says Version 1.1', (draft) =>
    override(draft, { response: { version: '1.1' } }),
  ),
  'missing-version': content('version-and-instant', 'The response has no Version', (draft) =>
    override(draft, { response: { version: omitted } }),
  ),
  'assertion-saml-1.1-version': content('version-and-instant', 'The assertion says Version 1.1', (draft) =>
    override(draft, { assertion: { version: '1.1' } }),
  ),
  'assertion-missing-version': content('version-and-instant', 'The assertion has no Version', (draft) =>
    override(draft, { assertion: { version: omitted } }),
  ),
  'missing-issue-instant': content('version-and-instant', 'The response has no IssueInstant', (draft) =>
    override(draft, { response: { issueInstant: omitted } }),
  ),
  'assertion-missing-issue-instant': content('version-and-instant', 'The assertion has no IssueInstant', (draft) =>
    override(draft, { assertion: { issueInstant: omitted } }),
  ),
  'future-issue-instant': content(
    'version-and-instant',
    'The response is issued ten minutes from now',
    (draft, scene) => override(draft, { response: { issueInstant: instant(scene.now, 600) } }),
  ),
  'assertion-future-issue-instant': content(
    'version-and-instant',
    'The assertion is issued ten minutes from now',
    (draft, scene) => override(draft, { assertion: { issueInstant: instant(scene.now, 600) } }),
  ),
  'date-without-zone': content('version-and-instant', 'The IssueInstant of the response has no zone', (draft, scene) =>
    override(draft, { response: { issueInstant: withoutZone(instant(scene.now)) } }),
  ),
  'assertion-date-without-zone': content(
    'version-and-instant',
    'The IssueInstant of the assertion has no zone',
    (draft, scene) => override(draft, { assertion: { issueInstant: withoutZone(instant(scene.now)) } }),
  ),
  'issue-instant-not-a-date': content('version-and-instant', 'The IssueInstant of the response is no date', (draft) =>
    override(draft, { response: { issueInstant: 'yesterday' } }),
  ),
};

/** The same text to a parser that joins text nodes, another to one that stops at the comment. */
function split(text: string): string {
  const middle = Math.floor(text.length / 2);
  return `${escapeText(text.slice(0, middle))}<!-- -->${escapeText(text.slice(middle))}`;
}

export function withoutZone(dateTime: string): string {
  return dateTime.replace(/Z$/, '');
}
