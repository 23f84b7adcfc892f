import { parseInstant } from '../instant.ts';
import { shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import { attribute, children, namespaces, onlyChild, plainText, trimXml, type XmlElement } from '../xml/element.ts';
import type { AssertionContext } from './context.ts';

const saml = namespaces.assertion;
const understood = new Set(['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction']);

export const conditionsOf = (assertion: XmlElement): XmlElement | undefined => onlyChild(assertion, saml, 'Conditions');

export const conditionRules: readonly Rule<AssertionContext>[] = [
  {
    name: 'conditions',
    code: 'saml_conditions_missing',
    source: 'SAML Profiles 4.1.4.2, SAML Core 2.5.1',
    run: ({ assertion }) => {
      const { length } = children(assertion, saml, 'Conditions');
      if (length !== 1) return `expected one Conditions, seen ${length}`;
      return attribute(conditionsOf(assertion), 'NotOnOrAfter') === undefined
        ? 'the Conditions have no NotOnOrAfter'
        : undefined;
    },
  },
  {
    name: 'conditions-not-before',
    code: 'saml_conditions_expired',
    source: 'SAML Core 2.5.1.2',
    run: ({ assertion, now, clockSkewMs }) => {
      const text = attribute(conditionsOf(assertion), 'NotBefore');
      if (text === undefined) return undefined;
      const instant = parseInstant(text);
      return instant !== undefined && instant <= now + clockSkewMs ? undefined : `NotBefore is ${shown(text)}`;
    },
  },
  {
    name: 'conditions-not-on-or-after',
    code: 'saml_conditions_expired',
    source: 'SAML Core 2.5.1.2',
    run: ({ assertion, now, clockSkewMs }) => {
      const text = attribute(conditionsOf(assertion), 'NotOnOrAfter');
      if (text === undefined) return undefined;
      const instant = parseInstant(text);
      return instant !== undefined && now - clockSkewMs < instant ? undefined : `NotOnOrAfter is ${shown(text)}`;
    },
  },
  {
    name: 'conditions-understood',
    code: 'saml_conditions_missing',
    source: 'SAML Core 2.5.1.1: an assertion with a condition that is not understood is not valid',
    run: ({ assertion }) => {
      const odd = conditionsOf(assertion)?.elements.find(({ uri, local }) => uri !== saml || !understood.has(local));
      return odd === undefined ? undefined : `the condition ${shown(odd.local)} is not understood`;
    },
  },
  {
    name: 'audience',
    code: 'saml_audience_mismatch',
    source: 'SAML Core 2.5.1.4: restrictions must all hold, the audiences of one are alternatives',
    run: ({ assertion, entityId }) => {
      const restrictions = children(conditionsOf(assertion), saml, 'AudienceRestriction');
      if (restrictions.length === 0) return `expected the audience ${shown(entityId)}, seen nothing`;
      const audiences = restrictions.map((restriction) => children(restriction, saml, 'Audience').map(audienceText));
      const failed = audiences.find((alternatives) => !alternatives.includes(entityId));
      return failed === undefined
        ? undefined
        : `expected the audience ${shown(entityId)}, seen ${shown(failed.join(' '))}`;
    },
  },
];

const audienceText = (audience: XmlElement): string => trimXml(plainText(audience) ?? '');
