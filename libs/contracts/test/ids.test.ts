import { describe, expect, it } from 'vitest';
import { type Clock, ConnectorId, createIds, matches } from '../src/index.ts';

const clockAt = (now: number): Clock => ({ now: () => now });

describe('ids', () => {
  it('have their prefix and the shape that the schemas ask for', () => {
    const ids = createIds();
    for (let i = 0; i < 1000; i++) expect(matches(ConnectorId, ids.id('connector'))).toBe(true);
    expect(matches(ConnectorId, ids.id('user'))).toBe(false);
  });

  it('sort by the time they were made at', () => {
    const earlier = createIds(clockAt(1_790_000_000_000)).id('event');
    const later = createIds(clockAt(1_790_000_000_001)).id('event');
    expect(earlier < later).toBe(true);
  });

  it('take all their randomness from the source given', () => {
    const zero = createIds(clockAt(0), (bytes) => Buffer.alloc(bytes));
    expect(zero.id('user')).toBe(`usr_${'0'.repeat(26)}`);
    expect(zero.refusalReference()).toBe('SSO-22222222');
    expect(zero.secret(3)).toBe('AAAA');
    expect(zero.hex(2)).toBe('0000');
  });

  it('give references for support without signs that are easily confused', () => {
    const ids = createIds();
    for (let i = 0; i < 500; i++) expect(ids.refusalReference()).toMatch(/^SSO-[2-9A-HJKMNP-TV-Z]{8}$/);
  });

  it('never give the same random bytes twice, whatever sizes are asked for', () => {
    const ids = createIds();
    const seen = new Set<string>();
    for (let i = 0; i < 3000; i++) seen.add(ids.hex([8, 16, 33, 600][i % 4] ?? 8).slice(0, 16));
    expect(seen.size).toBe(3000);
  });
});
