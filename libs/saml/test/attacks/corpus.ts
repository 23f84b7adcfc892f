/**
 * Attacks on a SAML service provider, as values: what each sends and the code it must be refused with. Written with real
 * keys; the same cases run against this library and, through HTTP, against the gateway. After each of them the genuine
 * response of the same login must still be accepted.
 */
import type { AttackCase } from './attack.ts';
import { documentAttacks, profileAttacks } from './document-attacks.ts';
import { practiceAttacks } from './practice-attacks.ts';
import { signatureAttacks } from './signature-attacks.ts';

export { type AttackCase, type AttackClass, type AttackContext, faultless, type SigningIdentity } from './attack.ts';
export { practiceExpectations } from './practice-attacks.ts';

export const attackCases: readonly AttackCase[] = [
  ...practiceAttacks,
  ...signatureAttacks,
  ...documentAttacks,
  ...profileAttacks,
];
