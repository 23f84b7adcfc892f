import { nameIdFormats } from '@gatehouse/contracts';
import { attribute, namespaces, onlyChild, plainText, trimXml, type XmlElement } from '../xml/element.ts';

const saml = namespaces.assertion;

/** How the identity provider names the person, as signed. */
export interface NameId {
  readonly value: string;
  /** A URN; `unspecified` when the identity provider says nothing (SAML Core 2.2.2). */
  readonly format: string;
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
}

/** The NameID of the subject; undefined when there is none, several, an empty one, or one that holds more than text. */
export const nameIdOf = (assertion: XmlElement): NameId | undefined => {
  const element = onlyChild(onlyChild(assertion, saml, 'Subject'), saml, 'NameID');
  const value = trimXml(plainText(element) ?? '');
  if (value === '') return undefined;
  const nameQualifier = attribute(element, 'NameQualifier');
  const spNameQualifier = attribute(element, 'SPNameQualifier');
  return {
    value,
    format: attribute(element, 'Format') ?? nameIdFormats.unspecified,
    ...(nameQualifier === undefined ? {} : { nameQualifier }),
    ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
  };
};
