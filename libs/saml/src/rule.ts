import { SamlRefusal, type SamlRefusalCode } from './refusal.ts';

/**
 * One thing that a response must survive. Rules stand in ordered lists; the first that is broken decides the code.
 * A rule has one code, reads only its context and changes nothing.
 */
export interface Rule<Context> {
  readonly name: string;
  readonly code: SamlRefusalCode;
  /** Where the rule comes from: the section of the specification, or the attack that it stops. */
  readonly source: string;
  /** @returns what was expected and what was seen when the rule is broken, undefined when it holds */
  run(context: Context): string | undefined;
}

/** Runs the rules in their order. @throws SamlRefusal of the first that is broken */
export const enforce = <Context>(rules: readonly Rule<Context>[], context: Context): void => {
  for (const rule of rules) {
    const detail = rule.run(context);
    if (detail !== undefined) throw new SamlRefusal(rule.code, detail, { rule: rule.name });
  }
};

/** The list without the rules of these names. */
export const without = <R extends { readonly name: string }>(
  rules: readonly R[],
  names: ReadonlySet<string>,
): readonly R[] => (names.size === 0 ? rules : rules.filter((rule) => !names.has(rule.name)));
