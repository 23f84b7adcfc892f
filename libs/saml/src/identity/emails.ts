import { canonicalEmail, nameIdFormats } from '@gatehouse/contracts';
import { shown } from '../refusal.ts';
import type { XmlElement } from '../xml/element.ts';
import { attributeValues } from './attributes.ts';
import { nameIdOf } from './name-id.ts';

/** The first of these that has a value decides; the others are not looked at. */
const emailAttributes = [
  'email',
  'mail',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'http://schemas.xmlsoap.org/claims/EmailAddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'urn:oid:1.2.840.113549.1.9.1',
] as const;

/**
 * The e-mail addresses that the assertion gives: the NameID when its format says e-mail, else the deciding attribute.
 * Spellings of one canonical address are one. More than one entry is ambiguous and is refused by a rule.
 */
export const emailsOf = (assertion: XmlElement): readonly string[] =>
  distinctEmails(assertion).filter((email) => email !== undefined);

/** @returns the fault when the deciding attribute does not hold exactly one string */
export const emailFault = (assertion: XmlElement): string | undefined => {
  const emails = distinctEmails(assertion);
  if (emails.includes(undefined)) return 'the e-mail attribute holds elements instead of text';
  return emails.length > 1 ? `seen ${emails.map(shown).join(', ')}` : undefined;
};

const distinctEmails = (assertion: XmlElement): readonly (string | undefined)[] => {
  const nameId = nameIdOf(assertion);
  if (nameId?.format === nameIdFormats.emailAddress) return [nameId.value];
  for (const name of emailAttributes) {
    const values = attributeValues(assertion, name);
    if (values.length > 0) return distinct(values);
  }
  return [];
};

const distinct = (values: readonly (string | undefined)[]): readonly (string | undefined)[] => [
  ...new Map(
    values.map((value) => [value === undefined ? undefined : (canonicalEmail(value) ?? value), value]),
  ).values(),
];
