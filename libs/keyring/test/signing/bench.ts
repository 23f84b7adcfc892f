import { createIds } from '@gatehouse/contracts';
import { createKeyRing, type KeyRing } from '../../src/key-ring.ts';
import { generateMasterKey } from '../../src/master-keys.ts';
import { createSigningKeys, type SigningKeys, type SigningKeysOptions } from '../../src/signing/signing-keys.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';

export const second = 1_000;
export const hour = 3_600_000;
export const day = 86_400_000;

export const token = {
  typ: 'session+jwt',
  audience: 'crm',
  issuer: 'https://sso.example',
  subject: 'usr_1',
  lifeSeconds: 300,
};
export const expected = { typ: token.typ, audience: token.audience, issuer: token.issuer };

export interface SigningBench {
  readonly store: MemoryStore;
  readonly keyRing: KeyRing;
  readonly clock: { now(): number };
  advance(ms: number): void;
  /** Another process over the same store; closed by the bench. */
  start(changes?: Partial<SigningKeysOptions>): Promise<SigningKeys>;
}

/** Runs `test` with a store, a clock and as many processes as it starts. */
export const withSigning = async (test: (bench: SigningBench) => Promise<void>): Promise<void> => {
  let now = Date.UTC(2026, 10, 23);
  const clock = { now: () => now };
  const [store, keyRing] = [memoryStore(), createKeyRing([generateMasterKey()])];
  const started: SigningKeys[] = [];
  const start = async (changes: Partial<SigningKeysOptions> = {}): Promise<SigningKeys> => {
    const keys = createSigningKeys({ store, keyRing, clock, ids: createIds(clock), ...changes });
    started.push(keys);
    await keys.start();
    return keys;
  };
  const advance = (ms: number): void => {
    now += ms;
  };
  try {
    await test({ store, keyRing, clock, advance, start });
  } finally {
    await Promise.all(started.map((keys) => keys.close()));
  }
};
