import { ApiKey, matches } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { endOfDay } from '../../../src/pages/api-keys/right-words.ts';

describe('endOfDay', () => {
  it('gives a time that the contract takes', () => {
    const expiresAt = endOfDay('2027-01-31');
    expect(matches(ApiKey.properties.expiresAt, expiresAt)).toBe(true);
    expect(endOfDay('')).toBeUndefined();
  });
});
