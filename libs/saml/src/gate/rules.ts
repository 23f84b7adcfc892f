import { isUtf8 } from 'node:buffer';
import type { XMLDecl } from 'saxes';
import { shown } from '../refusal.ts';
import type { Rule } from '../rule.ts';
import type { GateLimits } from '../settings.ts';
import { isResponse, type XmlDocument } from '../xml/element.ts';
import type { Markup } from './markup.ts';

/** The gate's rules, by the stage at which they can be decided: the cheaper a stage, the earlier it comes. */
export interface GateRules {
  /** On the base64 text as posted. */
  readonly posted: readonly Rule<{ readonly length: number }>[];
  readonly decoded: readonly Rule<{ readonly bytes: Uint8Array; readonly strict: boolean }>[];
  readonly markup: readonly Rule<Markup>[];
  /** While the parser runs. */
  readonly declaration: readonly Rule<XMLDecl>[];
  readonly element: readonly Rule<{ readonly depth: number }>[];
  readonly attribute: readonly Rule<AttributeCount>[];
  readonly error: readonly Rule<Error>[];
  readonly document: readonly Rule<XmlDocument | undefined>[];
}

export interface AttributeCount {
  readonly inElement: number;
  readonly inAll: number;
  readonly namespaces: number;
}

const denialOfService = 'XPath in the signature layer takes time in the square of the elements';

const atMost = (what: string, seen: number, limit: number): string | undefined =>
  seen > limit ? `more than ${limit} ${what}` : undefined;

const tooComplex = <Context>(
  name: string,
  what: string,
  limit: number,
  count: (context: Context) => number,
): Rule<Context> => ({
  name,
  code: 'saml_too_complex',
  source: denialOfService,
  run: (context) => atMost(what, count(context), limit),
});

export const createGateRules = (limits: GateLimits): GateRules => ({
  posted: [
    {
      name: 'encoded-length',
      code: 'saml_too_large',
      source: denialOfService,
      run: ({ length }) => atMost('characters of base64', length, limits.encodedLength),
    },
  ],
  decoded: [
    {
      name: 'base64',
      code: 'saml_malformed',
      source: 'SAML Bindings 3.5.4; RFC 4648 section 3: one text, one reading',
      run: ({ strict }) => (strict ? undefined : 'SAMLResponse is not base64'),
    },
    {
      name: 'utf8',
      code: 'saml_malformed',
      source: 'XML 1.0 section 4.3.3: an error in the encoding is fatal',
      run: ({ bytes }) => (isUtf8(bytes) ? undefined : 'the document is not UTF-8'),
    },
  ],
  markup: [
    {
      name: 'doctype',
      code: 'saml_doctype',
      source: 'XML external entities and entity expansion (CWE-611, CWE-776)',
      run: ({ doctype }) => (doctype ? 'the document has a DOCTYPE' : undefined),
    },
    {
      name: 'processing-instruction',
      code: 'saml_processing_instruction',
      source: 'parsers disagree on the text around an instruction (CVE-2017-11427 and its kin)',
      run: ({ instruction }) => (instruction ? 'the document has an instruction' : undefined),
    },
    tooComplex('element-count', 'elements', limits.elements, ({ elements }) => elements),
    tooComplex('comment-count', 'comments', limits.comments, ({ comments }) => comments),
    tooComplex('reference-count', 'entity references', limits.references, ({ references }) => references),
    tooComplex('run-length', 'characters between two tags', limits.runLength, ({ longestRun }) => longestRun),
    tooComplex('text-length', 'characters of text', limits.textLength, (markup) => markup.textLength),
  ],
  declaration: [
    {
      name: 'xml-declaration',
      code: 'saml_malformed',
      source: 'XML 1.0 section 2.8: a reader who believes another encoding or version sees another document',
      run: ({ version, encoding }) => {
        if (version !== undefined && version !== '1.0') return `expected XML 1.0, seen ${shown(version)}`;
        if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) return `expected UTF-8, seen ${shown(encoding)}`;
        return undefined;
      },
    },
  ],
  element: [tooComplex('depth', 'levels', limits.depth, ({ depth }) => depth)],
  attribute: [
    tooComplex('attributes-per-element', 'attributes in one element', limits.attributesPerElement, (c) => c.inElement),
    tooComplex('attribute-count', 'attributes', limits.attributes, ({ inAll }) => inAll),
    tooComplex('namespace-count', 'namespace declarations', limits.namespaces, (count) => count.namespaces),
  ],
  error: [
    {
      name: 'well-formed',
      code: 'saml_malformed',
      source: 'XML 1.0 section 2.1, Namespaces in XML 1.0; nothing but white space and comments after the root',
      run: ({ message }) => `not well-formed: ${shown(message.replace(/^undefined:\d+:\d+: /, ''))}`,
    },
  ],
  document: [
    {
      name: 'root',
      code: 'saml_not_a_response',
      source: 'SAML Core 3.3.3',
      run: (document) =>
        document !== undefined && isResponse(document.root)
          ? undefined
          : `expected the root samlp:Response, seen ${shown(document?.root.local)}`,
    },
  ],
});
