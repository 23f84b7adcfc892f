import { SamlRefusal } from '../refusal.ts';
import { enforce, type Rule, without } from '../rule.ts';
import { defaultGateLimits, type GateLimits } from '../settings.ts';
import type { XmlDocument } from '../xml/element.ts';
import { readXml } from '../xml/read-xml.ts';
import { decodeBase64 } from './base64.ts';
import { countMarkup } from './markup.ts';
import { createGateRules, type GateRules } from './rules.ts';

/** A document that is small and simple enough to be looked at further. Nothing in it is believed yet. */
export interface GatedDocument {
  /** The text that was looked at, to be handed on as it is, so that no later reader sees another one. */
  readonly text: string;
  readonly document: XmlDocument;
}

/**
 * What a stranger may make us read: base64, size, markup counts and one streaming parse that stops at the first broken
 * rule. No DOM, no cryptography.
 * @throws SamlRefusal `saml_too_large`, `saml_malformed`, `saml_doctype`, `saml_processing_instruction`,
 *   `saml_too_complex`, `saml_not_a_response`
 */
export type Gate = (samlResponse: string) => GatedDocument;

const byteOrderMark = 0xfeff;

export const createGate = (given: Partial<GateLimits> | undefined, disabled: ReadonlySet<string>): Gate => {
  const limits = { ...defaultGateLimits, ...given };
  const rules = enabledRules(createGateRules(limits), disabled);

  const decode = (samlResponse: string): string => {
    enforce(rules.posted, samlResponse);
    const decoded = decodeBase64(samlResponse);
    enforce(rules.decoded, decoded);
    const text = decoded.bytes.toString('utf8');
    return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
  };

  return (samlResponse) => {
    const text = decode(samlResponse);
    enforce(rules.markup, countMarkup(text, limits));
    const document = parse(text, rules);
    enforce(rules.document, document);
    if (document === undefined) throw new SamlRefusal('saml_malformed', 'the document is empty');
    return { text, document };
  };
};

const parse = (text: string, rules: GateRules): XmlDocument | undefined => {
  let inElement = 0;
  let inAll = 0;
  let namespaces = 0;
  // What can be seen without a parser: a document cut off, or text after the root.
  if (!text.trimEnd().endsWith('>'))
    enforce(rules.error, new Error('the document does not end with a tag or a comment'));
  return readXml(text, {
    declaration: (declaration) => enforce(rules.declaration, declaration),
    element: (depth) => {
      inElement = 0;
      enforce(rules.element, { depth });
    },
    attribute: (name) => {
      inElement++;
      inAll++;
      if (name === 'xmlns' || name.startsWith('xmlns:')) namespaces++;
      enforce(rules.attribute, { inElement, inAll, namespaces });
    },
    error: (error) => enforce(rules.error, error),
  });
};

const enabledRules = (rules: GateRules, disabled: ReadonlySet<string>): GateRules => ({
  posted: without(rules.posted, disabled),
  decoded: without(rules.decoded, disabled),
  markup: without(rules.markup, disabled),
  declaration: without(rules.declaration, disabled),
  element: without(rules.element, disabled),
  attribute: without(rules.attribute, disabled),
  error: without(rules.error, disabled),
  document: without(rules.document, disabled),
});

/** The names of the gate's rules, in the order of their stages. */
export const gateRuleNames: readonly string[] = Object.values(createGateRules(defaultGateLimits)).flatMap(
  (stage: readonly Rule<never>[]) => stage.map((rule) => rule.name),
);
