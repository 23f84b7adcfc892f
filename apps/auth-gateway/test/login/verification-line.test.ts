import { describe, expect, it } from 'vitest';
import { createVerificationLine, verificationLimits } from '../../src/login/verification-line.ts';

describe('the line of verifications', () => {
  it('runs four at once per connector, lets a few wait, and refuses the rest', async () => {
    const line = createVerificationLine();
    let running = 0;
    let most = 0;
    let open = (): void => {};
    const gate = new Promise<void>((go) => {
      open = go;
    });
    const verify = async (): Promise<void> => {
      running++;
      most = Math.max(most, running);
      await gate;
      running--;
    };
    const { running: atOnce, waiting } = verificationLimits;
    const admitted = Array.from({ length: atOnce + waiting }, () => line.run('con_1', verify));
    await expect(line.run('con_1', verify)).rejects.toMatchObject({ code: 'not_ready' });
    const other = line.run('con_2', async () => 'another connector does not wait');
    await expect(other).resolves.toContain('does not wait');
    open();
    await Promise.all(admitted);
    expect(most).toBe(atOnce);
    await expect(line.run('con_1', async () => 'again')).resolves.toBe('again');
  });

  it('goes on after a verification that throws', async () => {
    const line = createVerificationLine();
    const fail = () => line.run('con_1', () => Promise.reject(new Error('refused')));
    for (let i = 0; i < 10; i++) await expect(fail()).rejects.toThrow('refused');
    await expect(line.run('con_1', async () => 1)).resolves.toBe(1);
  });
});
