import { parseInstant } from '../instant.ts';
import { shown } from '../refusal.ts';
import { attribute, namespaces, onlyChild, plainText, type XmlElement } from '../xml/element.ts';
import type { Expected } from './context.ts';

const entityFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity';

/** SAML Core 2.3.3, 3.2.2: `Version` is 2.0, for responses and assertions alike. */
export const versionFault = (element: XmlElement): string | undefined => {
  const version = attribute(element, 'Version');
  return version === '2.0' ? undefined : `expected Version "2.0", seen ${shown(version)}`;
};

/** SAML Core 2.3.3, 3.2.2, 1.3.3: `IssueInstant` is there, names its zone and is not in the future. */
export const issueInstantFault = (
  element: XmlElement,
  { now, clockSkewMs }: Pick<Expected, 'now' | 'clockSkewMs'>,
): string | undefined => {
  const text = attribute(element, 'IssueInstant');
  const instant = parseInstant(text);
  if (instant === undefined) return `expected an IssueInstant with a zone, seen ${shown(text)}`;
  return instant > now + clockSkewMs ? `IssueInstant ${shown(text)} is in the future` : undefined;
};

/**
 * SAML Core 2.2.5, 8.3.6: exactly one Issuer, in the right namespace, holding nothing but the entity ID, which is
 * compared byte for byte.
 */
export const issuerFault = (element: XmlElement, issuerUrl: string): string | undefined => {
  const issuer = onlyChild(element, namespaces.assertion, 'Issuer');
  const text = plainText(issuer);
  const format = attribute(issuer, 'Format');
  if (text === issuerUrl && (format === undefined || format === entityFormat)) return undefined;
  if (issuer !== undefined && text === undefined) return 'the Issuer holds comments or elements';
  if (text === issuerUrl) return `the Issuer has the format ${shown(format)}`;
  return `expected the issuer ${shown(issuerUrl)}, seen ${shown(text)}`;
};
