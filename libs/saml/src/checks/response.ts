import { shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import { attribute, namespaces, onlyChild } from '../xml/element.ts';
import type { ResponseContext } from './context.ts';
import { issueInstantFault, issuerFault, versionFault } from './message.ts';

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** What the Response element itself must say. The status comes early: a failure often lacks the rest, and it says why. */
export const responseRules: readonly Rule<ResponseContext>[] = [
  {
    name: 'response-version',
    code: 'saml_version_unsupported',
    source: 'SAML Core 3.2.2',
    run: ({ response }) => versionFault(response),
  },
  {
    name: 'status',
    code: 'saml_status_not_success',
    source: 'SAML Core 3.2.2.2',
    run: ({ response }) => {
      const status = onlyChild(response, namespaces.protocol, 'Status');
      const code = onlyChild(status, namespaces.protocol, 'StatusCode');
      const value = attribute(code, 'Value');
      if (value === success) return undefined;
      const minor = attribute(onlyChild(code, namespaces.protocol, 'StatusCode'), 'Value');
      const message = onlyChild(status, namespaces.protocol, 'StatusMessage')?.text;
      return `seen ${
        [value, minor, message]
          .filter((part) => part !== undefined)
          .map(shown)
          .join(', ') || 'no status'
      }`;
    },
  },
  {
    name: 'response-issue-instant',
    code: 'saml_issue_instant_invalid',
    source: 'SAML Core 3.2.2, 1.3.3',
    run: ({ response, ...expected }) => issueInstantFault(response, expected),
  },
  {
    name: 'destination',
    code: 'saml_destination_mismatch',
    source: 'SAML Core 3.2.2, SAML Bindings 3.5.5.2',
    run: ({ response, acsUrl }) => {
      const destination = attribute(response, 'Destination');
      return destination === acsUrl ? undefined : `expected Destination ${shown(acsUrl)}, seen ${shown(destination)}`;
    },
  },
  {
    name: 'response-issuer',
    code: 'saml_issuer_mismatch',
    source: 'SAML Profiles 4.1.4.2, SAML Core 8.3.6',
    run: ({ response, connector }) => issuerFault(response, connector.issuerUrl),
  },
  {
    name: 'solicited',
    code: 'saml_unsolicited',
    source: 'SAML Profiles 4.1.5: an answer that nobody asked for',
    run: ({ response }) =>
      attribute(response, 'InResponseTo') === undefined ? 'the response has no InResponseTo' : undefined,
  },
  {
    name: 'response-in-response-to',
    code: 'saml_in_response_to_mismatch',
    source: 'SAML Core 3.2.2',
    run: ({ response, requestId }) => {
      const seen = attribute(response, 'InResponseTo');
      return seen === undefined || seen === requestId
        ? undefined
        : `the response answers ${shown(seen)}, not this login`;
    },
  },
];
