import { describe, expect, it } from 'vitest';
import { crashRun } from './crash/crash-run.ts';

describe('the embedded product, killed under load', () => {
  it.each([1, 2])(
    'loses no acknowledged command and no fact, and uses no attempt twice (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const tally = await crashRun({ seed, commands: 150, kills: 4 });
      expect(tally.faults).toEqual([]);
      expect(tally.kills).toBe(4);
      expect(tally.acknowledged).toBeGreaterThan(100);
      expect(tally.logins).toBeGreaterThan(5);
      expect(tally.facts).toBeGreaterThan(100);
    },
  );
});
