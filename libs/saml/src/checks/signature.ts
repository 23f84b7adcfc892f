import { shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import {
  canonicalizationMethods,
  digestMethods,
  ecdsaMethods,
  envelopedSignature,
  rsaMethods,
} from '../signature/algorithms.ts';
import { signatureMethodOf, signatureOf, signaturesIn } from '../signature/placement.ts';
import { attribute, children, isAssertion, namespaces, onlyChild, type XmlElement } from '../xml/element.ts';
import type { DocumentContext } from './context.ts';

const { signature: dsig } = namespaces;

/**
 * What the signatures must look like before one is verified: all of them, also those that are not believed, so that
 * nothing can stand beside the believed one and be taken for it.
 */
export const signatureRules: readonly Rule<DocumentContext>[] = [
  {
    name: 'signature-present',
    code: 'saml_signature_missing',
    source: 'SAML Profiles 4.1.4.5, and what the connector requires',
    run: ({ document, connector: { requireSignature } }) => {
      const response = signatureOf(document.root) !== undefined;
      const assertion = signatureOf(document.root.elements.find(isAssertion)) !== undefined;
      const enough = { either: response || assertion, response, assertion, both: response && assertion };
      if (enough[requireSignature]) return undefined;
      const seen = response ? 'the response only' : assertion ? 'the assertion only' : 'neither';
      return `required on: ${requireSignature}; signed is ${seen}`;
    },
  },
  {
    name: 'signature-placement',
    code: 'saml_signature_form',
    source: 'SAML Core 5.4.1: a signature is the child of what it signs',
    run: ({ document }) => {
      const places = signaturesIn(document).map(({ parent }) => parent);
      const stray = places.find(
        (place) => place !== document.root && !(place !== undefined && isSignedAssertion(place)),
      );
      if (stray !== undefined) return `a signature stands in ${shown(stray.local)}`;
      return new Set(places).size === places.length ? undefined : 'one element has two signatures';
    },
  },
  each('signature-children', 'XML Signature 4.1, CVE-2025-29774: several SignedInfo', (signature) => {
    const counts = countChildren(signature);
    const allowed = ['SignedInfo', 'SignatureValue', 'KeyInfo'];
    const foreign = Object.keys(counts).find((name) => !allowed.includes(name));
    if (foreign !== undefined) return `a signature holds ${shown(foreign)}`;
    if (counts.SignedInfo !== 1 || counts.SignatureValue !== 1) return 'expected one SignedInfo and one SignatureValue';
    return (counts.KeyInfo ?? 0) > 1 ? 'a signature holds more than one KeyInfo' : undefined;
  }),
  each('signed-info', 'XML Signature 4.4, SAML Core 5.4.2: one Reference', (signature) => {
    const signedInfo = onlyChild(signature, dsig, 'SignedInfo');
    const { CanonicalizationMethod, SignatureMethod, Reference, ...others } = countChildren(signedInfo);
    if (Object.keys(others).length > 0) return `SignedInfo holds ${shown(Object.keys(others)[0])}`;
    return CanonicalizationMethod === 1 && SignatureMethod === 1 && Reference === 1
      ? undefined
      : 'expected one CanonicalizationMethod, one SignatureMethod and one Reference';
  }),
  each('empty-methods', 'xml-crypto takes the first SignatureMethod at any depth', (signature) => {
    const named = descendantsOf(onlyChild(signature, dsig, 'SignedInfo')).filter(
      ({ parent }) => parent !== undefined && methods.has(parent.local),
    );
    const odd = named.find(({ uri, local }) => local !== 'InclusiveNamespaces' || !canonicalizationMethods.has(uri));
    return odd === undefined ? undefined : `${shown(odd.local)} stands in ${shown(odd.parent?.local)}`;
  }),
  each(
    'reference',
    'SAML Core 5.4.2: the reference names the ID of the element that holds the signature',
    (signature) => {
      const reference = referenceOf(signature);
      const { Transforms, DigestMethod, DigestValue, ...others } = countChildren(reference);
      if (Transforms !== 1 || DigestMethod !== 1 || DigestValue !== 1 || Object.keys(others).length > 0) {
        return 'expected one Transforms, one DigestMethod and one DigestValue in the Reference';
      }
      const id = attribute(signature.parent, 'ID');
      const uri = attribute(reference, 'URI');
      return id !== undefined && uri === `#${id}`
        ? undefined
        : `expected the reference ${shown(`#${id}`)}, seen ${shown(uri)}`;
    },
  ),
  each('values', 'CVE-2025-29775: what is digested and what is compared must be one text', (signature) => {
    const values = [
      onlyChild(signature, dsig, 'SignatureValue'),
      onlyChild(referenceOf(signature), dsig, 'DigestValue'),
    ];
    const odd = values.find((value) => value !== undefined && !/^[A-Za-z0-9+/=\t\n\r ]+$/.test(leafText(value)));
    return odd === undefined ? undefined : `${odd.local} is not base64`;
  }),
  each(
    'transforms',
    'SAML Core 5.4.4: the enveloped signature and exclusive canonicalization, nothing else',
    (signature) => {
      const transforms = children(onlyChild(referenceOf(signature), dsig, 'Transforms'), dsig, 'Transform');
      const algorithms = transforms.map((transform) => attribute(transform, 'Algorithm') ?? '');
      const [first, second] = algorithms;
      const good = algorithms.length === 2 && first === envelopedSignature && canonicalizationMethods.has(second ?? '');
      return good ? undefined : `seen the transforms ${shown(algorithms.join(' '))}`;
    },
  ),
  each('canonicalization', 'SAML Core 5.4.3; void canonicalization (Fragile Lock, 2025)', (signature) => {
    const method = onlyChild(onlyChild(signature, dsig, 'SignedInfo'), dsig, 'CanonicalizationMethod');
    const algorithm = attribute(method, 'Algorithm');
    return canonicalizationMethods.has(algorithm ?? '') ? undefined : `seen the canonicalization ${shown(algorithm)}`;
  }),
  {
    ...each('signature-algorithm', 'RFC 9231; SHA-1 (SHAttered), MD5, HMAC with a public key', (signature) => {
      const algorithm = signatureMethodOf(signature) ?? '';
      return rsaMethods.has(algorithm) || ecdsaMethods.has(algorithm) ? undefined : `signed by ${shown(algorithm)}`;
    }),
    code: 'saml_algorithm_refused',
  },
  {
    ...each('digest-algorithm', 'XML Encryption 5.8; SHA-1 and MD5 are refused', (signature) => {
      const algorithm = attribute(onlyChild(referenceOf(signature), dsig, 'DigestMethod'), 'Algorithm');
      return digestMethods.has(algorithm ?? '') ? undefined : `digested by ${shown(algorithm)}`;
    }),
    code: 'saml_algorithm_refused',
  },
];

/** A rule that every signature of the document must keep. */
function each(
  name: string,
  source: string,
  fault: (signature: XmlElement) => string | undefined,
): Rule<DocumentContext> {
  return {
    name,
    code: 'saml_signature_form',
    source,
    run: ({ document }) => {
      for (const signature of signaturesIn(document)) {
        const detail = fault(signature);
        if (detail !== undefined) return detail;
      }
      return undefined;
    },
  };
}

const isSignedAssertion = (element: XmlElement): boolean =>
  isAssertion(element) && element.parent !== undefined && element.parent.parent === undefined;

const referenceOf = (signature: XmlElement): XmlElement | undefined =>
  onlyChild(onlyChild(signature, dsig, 'SignedInfo'), dsig, 'Reference');

const methods = new Set(['CanonicalizationMethod', 'SignatureMethod', 'DigestMethod', 'Transform']);

const descendantsOf = (element: XmlElement | undefined): readonly XmlElement[] =>
  element?.elements.flatMap((child) => [child, ...descendantsOf(child)]) ?? [];

const leafText = (element: XmlElement): string => (element.elements.length === 0 ? element.text : '');

/** How often each child stands there; a child of another namespace is counted under its namespace. */
const countChildren = (element: XmlElement | undefined): Record<string, number | undefined> => {
  const counts: Record<string, number | undefined> = Object.create(null);
  for (const { local, uri } of element?.elements ?? []) {
    const key = uri === dsig ? local : `{${uri}}${local}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};
