import { attribute, namespaces, onlyChild, type XmlDocument, type XmlElement } from '../xml/element.ts';

const isSignature = (element: XmlElement): boolean =>
  element.local === 'Signature' && element.uri === namespaces.signature;

/** Every signature of the document, wherever it stands. */
export const signaturesIn = (document: XmlDocument): readonly XmlElement[] => document.elements.filter(isSignature);

/** The signature that stands directly in the element. */
export const signatureOf = (element: XmlElement | undefined): XmlElement | undefined =>
  element?.elements.find(isSignature);

/** The URI of the algorithm that the signature says it is made by. */
export const signatureMethodOf = (signature: XmlElement | undefined): string | undefined => {
  const signedInfo = onlyChild(signature, namespaces.signature, 'SignedInfo');
  return attribute(onlyChild(signedInfo, namespaces.signature, 'SignatureMethod'), 'Algorithm');
};
