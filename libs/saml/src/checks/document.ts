import { shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import { isAssertion, namespaces, trimXml, type XmlElement } from '../xml/element.ts';
import type { DocumentContext } from './context.ts';

const idNames = new Set(['ID', 'Id', 'id']);

/** What must hold for the document as a whole, so that no reader can take one part for another. */
export const documentRules: readonly Rule<DocumentContext>[] = [
  {
    name: 'clear-assertion',
    code: 'saml_encrypted_assertion',
    source: 'SAML Core 2.3.4: decryption is not supported yet, and is never mixed with clear assertions',
    run: ({ document }) =>
      document.elements.some(({ local }) => local === 'EncryptedAssertion')
        ? 'an EncryptedAssertion is present'
        : undefined,
  },
  {
    name: 'one-assertion',
    code: 'saml_assertion_count',
    source: 'On Breaking SAML (Somorovsky et al., 2012): whatever is wrapped needs a second Assertion somewhere',
    run: ({ document }) => {
      const named = document.elements.filter(({ local }) => local === 'Assertion');
      const assertion = named[0];
      if (named.length !== 1 || assertion === undefined) return `expected one Assertion, seen ${named.length}`;
      if (!isAssertion(assertion)) return `the Assertion is of the namespace ${shown(assertion.uri)}`;
      return assertion.parent === document.root ? undefined : 'the Assertion does not stand directly in the Response';
    },
  },
  {
    name: 'unique-ids',
    code: 'saml_assertion_id_invalid',
    source: 'SAML Core 1.3.4, 5.4.2: what a signature names must be one element',
    run: ({ document }) => {
      const seen = new Set<string>();
      for (const { local, value } of document.elements.flatMap(({ attributes }) => attributes)) {
        if (!idNames.has(local)) continue;
        if (seen.has(value)) return `the ID ${shown(value)} stands twice`;
        seen.add(value);
      }
      return undefined;
    },
  },
  {
    name: 'comment-in-value',
    code: 'saml_comment_refused',
    source: 'CVE-2017-11427, CVE-2018-0489: text before and after a comment is read apart',
    run: ({ document }) => {
      const found = document.elements.find((element) => element.comments > 0 && trimXml(element.text) !== '');
      return found === undefined ? undefined : `a comment stands in the text of ${shown(found.local)}`;
    },
  },
  {
    name: 'comment-in-signature',
    code: 'saml_comment_refused',
    source: 'CVE-2025-29775: a comment in DigestValue',
    run: ({ document }) => {
      const found = document.elements.find((element) => element.comments > 0 && isInSignature(element));
      return found === undefined ? undefined : `a comment stands in ${shown(found.local)} of a signature`;
    },
  },
];

const isInSignature = (element: XmlElement): boolean => {
  for (let at: XmlElement | undefined = element; at !== undefined; at = at.parent) {
    if (at.uri === namespaces.signature) return true;
  }
  return false;
};
