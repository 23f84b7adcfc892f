import type { RefusalCode } from '@gatehouse/contracts';

/** The refusal codes that this library may give; their summaries for administrators stand in the contracts. */
export type SamlRefusalCode = Extract<RefusalCode, `saml_${string}` | 'email_ambiguous'>;

/**
 * Why a response was not believed.
 *
 * `detail` is for administrators: what was expected and what was seen, shortened. It never holds the assertion, and it
 * is never shown to the person who signs in.
 */
export class SamlRefusal extends Error {
  readonly code: SamlRefusalCode;
  readonly detail: string;
  /** The rule that refused; undefined when the signature layer did. */
  readonly rule: string | undefined;

  constructor(
    code: SamlRefusalCode,
    detail: string,
    options: { readonly rule?: string; readonly cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SamlRefusal';
    this.code = code;
    this.detail = detail;
    this.rule = options.rule;
  }
}

const shownLength = 200;

/** A value of the document as it may stand in a detail: quoted, on one line, shortened. */
export const shown = (value: string | undefined): string => {
  if (value === undefined) return 'nothing';
  return JSON.stringify(value.length > shownLength ? `${value.slice(0, shownLength)}…` : value);
};
