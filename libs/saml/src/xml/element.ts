export const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

export interface XmlAttribute {
  readonly local: string;
  /** The namespace, '' for an attribute without a prefix. */
  readonly uri: string;
  readonly value: string;
}

/** An element as the checks read it. Made by `readXml` alone and never changed afterwards. */
export interface XmlElement {
  readonly local: string;
  readonly uri: string;
  readonly attributes: readonly XmlAttribute[];
  readonly parent: XmlElement | undefined;
  readonly elements: readonly XmlElement[];
  /** The character data directly inside, in one piece, whatever stands between. */
  readonly text: string;
  readonly comments: number;
}

export interface XmlDocument {
  readonly root: XmlElement;
  /** Every element, in document order. */
  readonly elements: readonly XmlElement[];
}

/** The value of the attribute of that name without a namespace. */
export const attribute = (element: XmlElement | undefined, local: string): string | undefined =>
  element?.attributes.find((candidate) => candidate.uri === '' && candidate.local === local)?.value;

/** The child elements of that name and namespace. */
export const children = (element: XmlElement | undefined, uri: string, local: string): readonly XmlElement[] =>
  element?.elements.filter((child) => child.local === local && child.uri === uri) ?? [];

/** The child of that name when there is exactly one. */
export const onlyChild = (element: XmlElement | undefined, uri: string, local: string): XmlElement | undefined => {
  const found = children(element, uri, local);
  return found.length === 1 ? found[0] : undefined;
};

/** The text of an element that holds nothing else: no child element, no comment. */
export const plainText = (element: XmlElement | undefined): string | undefined =>
  element === undefined || element.elements.length > 0 || element.comments > 0 ? undefined : element.text;

export const isAssertion = (element: XmlElement): boolean =>
  element.local === 'Assertion' && element.uri === namespaces.assertion;

export const isResponse = (element: XmlElement): boolean =>
  element.local === 'Response' && element.uri === namespaces.protocol;

const isXmlSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;

/**
 * Removes white space of XML (not of Unicode) at both ends. In linear time: an expression that ends in `[ ]+$` takes the
 * square of the longest run of blanks, and anybody may post one.
 */
export const trimXml = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isXmlSpace(text.charCodeAt(start))) start++;
  while (end > start && isXmlSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
};
