import type { Draft } from './draft.ts';
import type { AssertionParts, ResponseParts } from './parts.ts';
import { renderAssertion, renderResponse } from './render.ts';

/** One element that can be signed, with its signature apart: attacks put them together in other ways. */
export interface Piece<Parts> {
  readonly parts: Parts;
  /** Without a signature. */
  readonly unsigned: string;
  /** The `ds:Signature`; empty when the plan does not sign this element. */
  readonly signature: string;
  readonly xml: string;
}

/** A written response. */
export interface Built {
  readonly draft: Draft;
  readonly response: Piece<ResponseParts>;
  readonly assertions: readonly Piece<AssertionParts>[];
  readonly xml: string;
}

/** Writes and signs: first the assertions, then the response around them. */
export function build(draft: Draft): Built {
  const signsAssertion = draft.sign === 'assertion' || draft.sign === 'both';
  const assertions = draft.response.assertions.map((parts) => {
    const unsigned = renderAssertion(parts);
    const signature = signsAssertion ? draft.makeSignature(unsigned, idOf(parts), draft.plan) : '';
    return { parts, unsigned, signature, xml: renderAssertion(parts, signature) };
  });

  const assertionsXml = assertions.map((assertion) => draft.wrapAssertion(assertion.xml)).join('');
  const unsigned = renderResponse(draft.response, assertionsXml);
  const signsResponse = draft.sign === 'response' || draft.sign === 'both';
  const signature = signsResponse ? draft.makeSignature(unsigned, idOf(draft.response), draft.plan) : '';
  const xml = renderResponse(draft.response, assertionsXml, signature);
  return { draft, response: { parts: draft.response, unsigned, signature, xml }, assertions, xml };
}

/** The `ID` that a signature refers to; empty when it has been left out. */
export function idOf(parts: AssertionParts | ResponseParts): string {
  return typeof parts.id === 'string' ? parts.id : '';
}
