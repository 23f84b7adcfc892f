import { matches, UserPatch } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { userPatch } from '../../../src/pages/user/user-fields.ts';

describe('userPatch', () => {
  const before = { username: 'alice@corp.example', displayName: 'Alice' };
  it('takes an emptied name away and leaves the rest', () => {
    const patch = userPatch(before, { ...before, displayName: ' ' });
    expect(patch).toEqual({ displayName: null });
    expect(matches(UserPatch, patch)).toBe(true);
    expect(userPatch(before, { ...before })).toBeUndefined();
  });
});
