import { describe, expect, it } from 'vitest';
import { ruleNames } from '../../src/index.ts';
import { connector, context, refusalOf, serviceProvider } from '../login-scene.ts';
import { type AttackCase, attackCases } from './corpus.ts';

const { requestId } = context;

const refuse = (attack: AttackCase, dangerouslyDisabledRules: readonly string[] = []) => {
  const settings = { ...connector, connectorId: attack.name, ...attack.connector?.(context) };
  return refusalOf(() =>
    serviceProvider({ dangerouslyDisabledRules }).finish(settings, attack.make(context), { requestId }),
  );
};

interface RefusedCase {
  readonly attack: AttackCase;
  readonly rule: string | undefined;
  readonly length: number;
}

/** The cases that each rule refuses. */
const casesOfRule = Map.groupBy(
  await Promise.all(
    attackCases.map(async (attack): Promise<RefusedCase> => {
      const { length } = attack.make(context);
      return { attack, length, rule: (await refuse(attack))?.rule };
    }),
  ),
  ({ rule }) => rule,
);

/** Short documents first: without the rule that stops it, a long one may take the signature layer minutes. */
const shortFirst = (cases: readonly RefusedCase[]): readonly RefusedCase[] =>
  cases.toSorted((one, other) => one.length - other.length);

const isNeeded = async (rule: string): Promise<boolean> => {
  for (const { attack } of shortFirst(casesOfRule.get(rule) ?? [])) {
    if ((await refuse(attack, [rule]))?.code !== attack.expectedCode) return true;
  }
  return false;
};

describe.each(ruleNames)('the rule %s', (rule) => {
  it('is needed: without it some attack is no longer refused with its code', async () => {
    expect(await isNeeded(rule)).toBe(true);
  });
});

it('rule names are unique', () => {
  expect(new Set(ruleNames).size).toBe(ruleNames.length);
});
