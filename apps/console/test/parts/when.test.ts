import { describe, expect, it } from 'vitest';
import { validityOf, worstValidity } from '../../src/parts/when.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const dates = (notAfter: string, notBefore = '2020-01-01T00:00:00Z') => ({ notBefore, notAfter });

describe('validityOf', () => {
  it.for([
    ['2026-06-01T11:59:59Z', 'expired'],
    ['2026-06-01T13:00:00Z', 'expiring'],
    ['2026-07-01T11:59:59Z', 'expiring'],
    ['2026-07-01T12:00:00Z', 'valid'],
  ] as const)('says of an end at %s: %s', ([notAfter, state]) => {
    expect(validityOf(dates(notAfter), now).state).toBe(state);
  });

  it('counts the days that are left', () => {
    expect(validityOf(dates('2026-06-02T13:00:00Z'), now).words).toBe('Expires in 1 day');
    expect(validityOf(dates('2026-06-13T13:00:00Z'), now).words).toBe('Expires in 12 days');
    expect(validityOf(dates('2026-06-01T13:00:00Z'), now).words).toBe('Expires within a day');
  });

  it('knows a certificate that is not valid yet', () => {
    expect(validityOf(dates('2027-01-01T00:00:00Z', '2026-06-02T00:00:00Z'), now).state).toBe('future');
  });
});

describe('worstValidity', () => {
  it('prefers what is expired to what expires', () => {
    const all = ['2027-01-01T00:00:00Z', '2020-06-01T00:00:00Z', '2026-06-05T00:00:00Z'].map((end) =>
      validityOf(dates(end), now),
    );
    expect(worstValidity(all)?.state).toBe('expired');
    expect(worstValidity([])).toBeUndefined();
  });
});
