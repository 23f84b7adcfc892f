import { parseInstant } from '../instant.ts';
import { SamlRefusal, shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import { attribute, children, namespaces, onlyChild, type XmlElement } from '../xml/element.ts';
import type { AssertionContext } from './context.ts';

const saml = namespaces.assertion;
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

export interface ConfirmationContext extends AssertionContext {
  readonly confirmation: XmlElement;
  readonly data: XmlElement | undefined;
}

/** What one SubjectConfirmation must keep to be valid (SAML Profiles 4.1.4.2, 4.1.4.3). */
export const confirmationRules: readonly Rule<ConfirmationContext>[] = [
  {
    name: 'confirmation-method',
    code: 'saml_subject_confirmation_invalid',
    source: 'SAML Profiles 4.1.4.2, 3.3',
    run: ({ confirmation }) => {
      const method = attribute(confirmation, 'Method');
      return method === bearer ? undefined : `expected the method bearer, seen ${shown(method)}`;
    },
  },
  {
    name: 'confirmation-not-on-or-after',
    code: 'saml_subject_confirmation_invalid',
    source: 'SAML Profiles 4.1.4.2, 4.1.4.3',
    run: ({ data, now, clockSkewMs }) => {
      const text = attribute(data, 'NotOnOrAfter');
      const instant = parseInstant(text);
      if (instant === undefined) return `expected a NotOnOrAfter with a zone in the confirmation, seen ${shown(text)}`;
      return now - clockSkewMs < instant ? undefined : `NotOnOrAfter of the confirmation is ${shown(text)}`;
    },
  },
  {
    name: 'confirmation-no-not-before',
    code: 'saml_subject_confirmation_invalid',
    source: 'SAML Profiles 4.1.4.2: a bearer confirmation has no NotBefore',
    run: ({ data }) => (attribute(data, 'NotBefore') === undefined ? undefined : 'the confirmation has a NotBefore'),
  },
  {
    name: 'recipient',
    code: 'saml_recipient_mismatch',
    source: 'SAML Profiles 4.1.4.2, 4.1.4.3',
    run: ({ data, acsUrl }) => {
      const recipient = attribute(data, 'Recipient');
      return recipient === acsUrl ? undefined : `expected Recipient ${shown(acsUrl)}, seen ${shown(recipient)}`;
    },
  },
  {
    name: 'confirmation-in-response-to',
    code: 'saml_in_response_to_mismatch',
    source: 'SAML Profiles 4.1.4.3: also absent, or an unsolicited assertion could be put into a live login',
    run: ({ data, requestId }) => {
      const seen = attribute(data, 'InResponseTo');
      return seen === requestId ? undefined : `the signed confirmation answers ${shown(seen)}, not this login`;
    },
  },
];

/**
 * Finds the confirmation that is valid: one of several suffices.
 * @throws SamlRefusal of the confirmation that came furthest in the rules, when none is valid
 */
export const confirmSubject = (rules: readonly Rule<ConfirmationContext>[], context: AssertionContext): XmlElement => {
  const subject = onlyChild(context.assertion, saml, 'Subject');
  let best: { readonly rule: Rule<ConfirmationContext>; readonly detail: string } | undefined;
  for (const confirmation of children(subject, saml, 'SubjectConfirmation')) {
    const data = onlyChild(confirmation, saml, 'SubjectConfirmationData');
    const broken = firstBroken(rules, { ...context, confirmation, data });
    if (broken === undefined) return confirmation;
    if (best === undefined || rules.indexOf(broken.rule) > rules.indexOf(best.rule)) best = broken;
  }
  if (best === undefined) throw new SamlRefusal('saml_subject_confirmation_invalid', 'there is no SubjectConfirmation');
  throw new SamlRefusal(best.rule.code, best.detail, { rule: best.rule.name });
};

const firstBroken = (
  rules: readonly Rule<ConfirmationContext>[],
  context: ConfirmationContext,
): { readonly rule: Rule<ConfirmationContext>; readonly detail: string } | undefined => {
  for (const rule of rules) {
    const detail = rule.run(context);
    if (detail !== undefined) return { rule, detail };
  }
  return undefined;
};
