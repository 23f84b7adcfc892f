import { describe, expect, it } from 'vitest';
import { setUpToken } from '../../../src/pages/set-up/set-up-token.ts';

describe('the set-up token', () => {
  it('is read from behind the number sign', () => {
    expect(setUpToken('#token=abc-_123')).toBe('abc-_123');
    expect(setUpToken('#other=1')).toBeUndefined();
    expect(setUpToken('')).toBeUndefined();
  });
});
