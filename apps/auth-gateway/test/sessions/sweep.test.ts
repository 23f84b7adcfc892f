import { describe, expect, it } from 'vitest';
import { createSweep } from '../../src/sessions/sweep.ts';

describe('the sweep', () => {
  it('goes on until there is little left, and once at a time', async () => {
    const left = [1_000, 2_500, 17, 99];
    const logger = { warn: () => {} };
    const sweep = createSweep({ loginState: { sweep: async () => left.shift() ?? 0 }, logger });
    await Promise.all([sweep.run(), sweep.run()]);
    expect(left).toEqual([99]);
    await sweep.close();
  });

  it('survives a store that does not answer', async () => {
    const warned: unknown[] = [];
    const sweep = createSweep({
      loginState: { sweep: () => Promise.reject(new Error('down')) },
      logger: { warn: (fields: unknown) => void warned.push(fields) },
    });
    await expect(sweep.run()).resolves.toBeUndefined();
    expect(warned).toHaveLength(1);
  });
});
