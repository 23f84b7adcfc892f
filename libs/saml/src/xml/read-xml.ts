import { SaxesParser, type SaxesTagNS, type XMLDecl } from 'saxes';
import type { XmlAttribute, XmlDocument, XmlElement } from './element.ts';

/** Called as the parser goes; a listener that throws stops it at once. */
export interface ReadXmlListener {
  declaration?(declaration: XMLDecl): void;
  /** A start tag has begun. */
  element?(depth: number): void;
  /** An attribute of the present start tag, namespace declarations included. */
  attribute?(name: string): void;
  error?(error: Error): void;
}

/** An element that is still being read. */
interface GrowingElement extends XmlElement {
  readonly parent: GrowingElement | undefined;
  readonly elements: XmlElement[];
  text: string;
  comments: number;
}

const sliceLength = 4_096;

/**
 * Reads a document into elements, in slices, so that a listener can stop it early. Entities other than the five of XML
 * are errors and nothing is ever fetched.
 * @returns undefined when there is no root element
 * @throws what the listener throws; an error of the parser when the listener has no `error`
 */
export const readXml = (text: string, listener: ReadXmlListener = {}): XmlDocument | undefined => {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const elements: XmlElement[] = [];
  let root: XmlElement | undefined;
  let current: GrowingElement | undefined;
  let depth = 0;

  const addText = (data: string): void => {
    if (current !== undefined) current.text += data;
  };
  parser.on('error', (error) => {
    if (listener.error === undefined) throw error;
    listener.error(error);
  });
  if (listener.declaration !== undefined) parser.on('xmldecl', (declaration) => listener.declaration?.(declaration));
  parser.on('opentagstart', () => listener.element?.(depth + 1));
  if (listener.attribute !== undefined) parser.on('attribute', ({ name }) => listener.attribute?.(name));
  parser.on('opentag', (tag) => {
    const element = elementOf(tag, current);
    root ??= element;
    current?.elements.push(element);
    elements.push(element);
    current = element;
    depth++;
  });
  parser.on('closetag', () => {
    current = current?.parent;
    depth--;
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('comment', () => {
    if (current !== undefined) current.comments++;
  });
  for (let start = 0; start < text.length; start += sliceLength) parser.write(text.slice(start, start + sliceLength));
  parser.close();
  return root === undefined ? undefined : { root, elements };
};

const elementOf = (tag: SaxesTagNS, parent: GrowingElement | undefined): GrowingElement => {
  const attributes: XmlAttribute[] = [];
  for (const name in tag.attributes) {
    const attribute = tag.attributes[name];
    if (attribute === undefined || attribute.name === 'xmlns' || attribute.prefix === 'xmlns') continue;
    attributes.push({ local: attribute.local, uri: attribute.uri, value: attribute.value });
  }
  return { local: tag.local, uri: tag.uri, attributes, parent, elements: [], text: '', comments: 0 };
};
