import { attribute, children, namespaces, plainText, trimXml, type XmlElement } from '../xml/element.ts';

const saml = namespaces.assertion;

/**
 * Everything said under a name in the attribute statements, however often the name occurs; without what is empty.
 * A value that holds elements is undefined: it is not a string.
 */
export const attributeValues = (assertion: XmlElement, name: string): readonly (string | undefined)[] =>
  children(assertion, saml, 'AttributeStatement')
    .flatMap((statement) => children(statement, saml, 'Attribute'))
    .filter((candidate) => attribute(candidate, 'Name') === name)
    .flatMap((candidate) => children(candidate, saml, 'AttributeValue'))
    .map((value) => (value.elements.length > 0 ? undefined : trimXml(plainText(value) ?? '')))
    .filter((value) => value !== '');

/** The only text under the first of these names that has one. */
export const firstText = (assertion: XmlElement, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const values = attributeValues(assertion, name);
    if (values.length === 1 && values[0] !== undefined) return values[0];
  }
  return undefined;
};
