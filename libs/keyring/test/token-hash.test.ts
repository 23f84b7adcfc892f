import { expect, it } from 'vitest';
import { tokenHash } from '../src/token-hash.ts';

it('is the SHA-256 of the token as base64url', () => {
  // FIPS 180-4 example: SHA-256("abc").
  expect(tokenHash('abc')).toBe(
    Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString('base64url'),
  );
});
