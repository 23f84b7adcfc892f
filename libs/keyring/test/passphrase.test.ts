import { scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashPassphrase, passphraseCost, verifyPassphrase } from '../src/passphrase.ts';

const cheap = passphraseCost.least;
const refusal = (code: string) => expect.objectContaining({ name: 'KeyringError', code });

describe('a passphrase', () => {
  it('is verified by its hash, and no other is', async () => {
    const stored = await hashPassphrase('correct horse battery staple', cheap);
    expect(await verifyPassphrase('correct horse battery staple', stored)).toBe(true);
    for (const wrong of [
      '',
      'correct horse battery stapl',
      'Correct horse battery staple',
      `correct horse battery staple `,
    ]) {
      expect(await verifyPassphrase(wrong, stored), wrong).toBe(false);
    }
  });

  it('is hashed with N = 2^17, r = 8, p = 1 unless told, and with a salt of its own', async () => {
    const [one, two] = [await hashPassphrase('x'), await hashPassphrase('x', cheap)];
    expect(one).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(two).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$/);
    expect(one.split('$')[3]).not.toBe(two.split('$')[3]);
    expect(await verifyPassphrase('x', one)).toBe(true);
  });

  it('is hashed by scrypt as written in the text', async () => {
    const stored = await hashPassphrase('x', cheap);
    const [, , , salt = '', expected] = stored.split('$');
    const derived = scryptSync('x', Buffer.from(salt, 'base64url'), 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 });
    expect(derived.toString('base64url')).toBe(expected);
  });

  it('is the same however its accents were typed', async () => {
    const stored = await hashPassphrase('caf\u00e9', cheap);
    expect(await verifyPassphrase('cafe\u0301', stored)).toBe(true);
    expect(await verifyPassphrase('cafe', stored)).toBe(false);
  });

  it('of nobody is wrong and takes as long as a wrong one', async () => {
    const stored = await hashPassphrase('x');
    const timed = async (hash: string | undefined): Promise<number> => {
      const start = process.cpuUsage();
      expect(await verifyPassphrase('y', hash)).toBe(false);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    const [nobody, somebody] = [await timed(undefined), await timed(stored)];
    expect(nobody).toBeGreaterThan(somebody / 3);
    expect(nobody).toBeLessThan(somebody * 3);
  });

  it.each([
    '',
    'x',
    '$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=9,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$',
  ])('is not checked against %j', async (stored) => {
    await expect(verifyPassphrase('x', stored)).rejects.toEqual(refusal('passphrase_hash_invalid'));
  });

  it('is hashed two at a time, a bounded number waits, and the rest is told to come later', async () => {
    const stored = await hashPassphrase('x', cheap);
    const flood = await Promise.allSettled(Array.from({ length: 50 }, () => verifyPassphrase('x', stored)));
    const refused = flood.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(50 - 2 - 16);
    for (const { reason } of refused) expect(reason).toEqual(refusal('passphrase_busy'));
    expect(flood.filter((outcome) => outcome.status === 'fulfilled' && outcome.value)).toHaveLength(18);
    expect(await verifyPassphrase('x', stored)).toBe(true);
  });
});
