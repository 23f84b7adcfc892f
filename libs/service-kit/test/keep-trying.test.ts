import { describe, expect, it } from 'vitest';
import { keepTrying } from '../src/keep-trying.ts';

describe('keepTrying', () => {
  const patience = { firstMs: 2, mostMs: 8 };

  it('repeats work until it succeeds, with pauses that double up to the longest', async () => {
    const pauses: number[] = [];
    let tries = 0;
    const done = await keepTrying(
      async () => {
        tries += 1;
        if (tries <= 4) throw new Error('away');
      },
      { patience, signal: new AbortController().signal, onFailure: (_error, ms) => pauses.push(ms), random: () => 1 },
    );
    expect(done).toBe(true);
    expect(pauses).toEqual([2, 4, 8, 8]);
  });

  it('ends in the middle of a pause when it is told to', async () => {
    const giveUp = new AbortController();
    const done = keepTrying(() => Promise.reject(new Error('away')), {
      patience: { firstMs: 60_000, mostMs: 60_000 },
      signal: giveUp.signal,
      onFailure: () => giveUp.abort(),
    });
    expect(await done).toBe(false);
  });
});
