import { conditionFlaws } from './condition-flaws.ts';
import { documentFlaws } from './document-flaws.ts';
import type { Flaw } from './flaw.ts';
import { flowFlaws } from './flow-flaws.ts';
import { responseFlaws } from './response-flaws.ts';
import { signatureFlaws } from './signature-flaws.ts';
import { subjectFlaws } from './subject-flaws.ts';
import { wrappingFlaws } from './wrapping-flaws.ts';

/** Every way in which the practice identity provider can misbehave, by name. */
export const flaws = {
  ...responseFlaws,
  ...subjectFlaws,
  ...conditionFlaws,
  ...signatureFlaws,
  ...wrappingFlaws,
  ...documentFlaws,
  ...flowFlaws,
} as const satisfies Record<string, Flaw>;

export type FlawName = keyof typeof flaws;

export const flawNames = Object.keys(flaws) as readonly FlawName[];

export function isFlawName(name: unknown): name is FlawName {
  return typeof name === 'string' && Object.hasOwn(flaws, name);
}

export function flawNamed(name: FlawName): Flaw {
  return flaws[name];
}
