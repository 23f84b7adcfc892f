import { emailFault } from '../identity/emails.ts';
import { nameIdOf } from '../identity/name-id.ts';
import { parseInstant } from '../instant.ts';
import { shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import { attribute, children, namespaces, type XmlElement } from '../xml/element.ts';
import { conditionRules } from './conditions.ts';
import type { AssertionContext } from './context.ts';
import { issueInstantFault, issuerFault, versionFault } from './message.ts';

const saml = namespaces.assertion;

/** The one AuthnStatement; undefined when there is none or there are several. */
export const authnStatementOf = (assertion: XmlElement): XmlElement | undefined => {
  const statements = children(assertion, saml, 'AuthnStatement');
  return statements.length === 1 ? statements[0] : undefined;
};

/** What the signed assertion must say, apart from its subject's confirmation. */
export const assertionRules: readonly Rule<AssertionContext>[] = [
  {
    name: 'assertion-version',
    code: 'saml_version_unsupported',
    source: 'SAML Core 2.3.3',
    run: ({ assertion }) => versionFault(assertion),
  },
  {
    name: 'assertion-id',
    code: 'saml_assertion_id_invalid',
    source: 'SAML Core 1.3.4, 2.3.3: without an ID no replay can be told',
    run: ({ assertion }) => {
      const id = attribute(assertion, 'ID');
      return id !== undefined && /^[\p{L}_][\p{L}\p{M}\p{N}_.\-·]{0,255}$/u.test(id)
        ? undefined
        : `seen the ID ${shown(id)}`;
    },
  },
  {
    name: 'assertion-issue-instant',
    code: 'saml_issue_instant_invalid',
    source: 'SAML Core 2.3.3, 1.3.3',
    run: ({ assertion, ...expected }) => issueInstantFault(assertion, expected),
  },
  {
    name: 'assertion-age',
    code: 'saml_assertion_too_old',
    source: 'SAML Profiles 4.1.4.5: the assertion is for this moment',
    run: ({ assertion, now, clockSkewMs, maxAssertionAgeMs }) => {
      const text = attribute(assertion, 'IssueInstant');
      const instant = parseInstant(text);
      if (instant === undefined || now - clockSkewMs < instant + maxAssertionAgeMs) return undefined;
      return `IssueInstant ${shown(text)} is more than ${maxAssertionAgeMs / 1_000} s ago`;
    },
  },
  {
    name: 'assertion-issuer',
    code: 'saml_issuer_mismatch',
    source: 'SAML Profiles 4.1.4.2, SAML Core 8.3.6',
    run: ({ assertion, connector }) => issuerFault(assertion, connector.issuerUrl),
  },
  {
    name: 'subject',
    code: 'saml_subject_missing',
    source: 'SAML Profiles 4.1.4.2',
    run: ({ assertion }) => {
      const { length } = children(assertion, saml, 'Subject');
      return length === 1 ? undefined : `expected one Subject, seen ${length}`;
    },
  },
  {
    name: 'name-id',
    code: 'saml_name_id_missing',
    source: 'SAML Core 2.4.1, 2.2.3: an attribute never stands in for it',
    run: ({ assertion }) =>
      nameIdOf(assertion) === undefined ? 'expected one NameID that holds text and nothing else' : undefined,
  },
  ...conditionRules,
  {
    name: 'authn-statement',
    code: 'saml_authn_statement_missing',
    source: 'SAML Profiles 4.1.4.2, SAML Core 2.7.2',
    run: ({ assertion }) => {
      const statement = authnStatementOf(assertion);
      if (statement === undefined) return `expected one, seen ${children(assertion, saml, 'AuthnStatement').length}`;
      const instant = attribute(statement, 'AuthnInstant');
      return parseInstant(instant) === undefined
        ? `expected an AuthnInstant with a zone, seen ${shown(instant)}`
        : undefined;
    },
  },
  {
    name: 'session',
    code: 'saml_session_over',
    source: 'SAML Core 2.7.2: SessionNotOnOrAfter',
    run: ({ assertion, now }) => {
      const text = attribute(authnStatementOf(assertion), 'SessionNotOnOrAfter');
      if (text === undefined) return undefined;
      const instant = parseInstant(text);
      return instant !== undefined && instant > now ? undefined : `SessionNotOnOrAfter is ${shown(text)}`;
    },
  },
  {
    name: 'one-email',
    code: 'email_ambiguous',
    source: 'an account is found by one string or not at all',
    run: ({ assertion }) => emailFault(assertion),
  },
];
