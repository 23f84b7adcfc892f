import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { KeyringError } from '../src/errors.ts';
import { formatMasterKeys, generateMasterKey, parseMasterKeys } from '../src/master-keys.ts';

const material = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

const messageOf = (text: string): string => {
  try {
    parseMasterKeys(text);
  } catch (error) {
    if (error instanceof KeyringError && error.code === 'master_keys_invalid') return error.message;
    throw error;
  }
  throw new Error('the keys were accepted');
};

describe('master keys', () => {
  it('are read in order, from commas and from lines, with and without padding', () => {
    const text = ` new:${material(1)} , old:${material(2).replace('=', '')}\n\noldest:${material(3)}\n`;
    const keys = parseMasterKeys(text);
    expect(keys.map(({ id }) => id)).toEqual(['new', 'old', 'oldest']);
    expect(keys.map(({ key }) => key.export()[0])).toEqual([1, 2, 3]);
  });

  it('come back from their text', () => {
    const keys = [generateMasterKey('a'), generateMasterKey()];
    const parsed = parseMasterKeys(formatMasterKeys(keys));
    expect(parsed.map(({ id }) => id)).toEqual(keys.map(({ id }) => id));
    expect(parsed.every(({ key }, i) => keys[i]?.key.equals(key))).toBe(true);
  });

  it('are different each time they are made', () => {
    const [one, two] = [generateMasterKey(), generateMasterKey()];
    expect(one.id).not.toBe(two.id);
    expect(one.key.equals(two.key)).toBe(false);
    expect(() => generateMasterKey('a.b')).toThrow(KeyringError);
  });

  it.each([
    ['', 'no key'],
    [' , \n', 'no key'],
    [material(7), 'key 1 has no id'],
    [`a:${material(1)},${material(7)}`, 'key 2 has no id'],
    [`:${material(7)}`, 'key 1 has an id'],
    [`a.b:${material(7)}`, 'key 1 has an id'],
    [`${material(7)}:a`, 'key 1 has an id'],
    [`${Buffer.alloc(32, 7).toString('hex')}:a`, 'key 1 has an id'],
    [`a:${Buffer.alloc(16, 7).toString('base64')}`, 'key 1 ("a") is not the base64 of 32 bytes'],
    [`a:${Buffer.alloc(33, 7).toString('base64')}`, 'key 1 ("a") is not the base64 of 32 bytes'],
    [`a:${Buffer.alloc(32, 7).toString('hex')}`, 'key 1 ("a") is not the base64 of 32 bytes'],
    [`b:${material(1)},a: ${material(7)}`, 'key 2 ("a") is not the base64 of 32 bytes'],
    [`a:${material(1)},a:${material(7)}`, 'two keys have the id "a"'],
    [`a:${material(7)},b:${material(7)}`, 'the keys "a" and "b" are the same key'],
  ])('that are wrong are refused by name: %j', (text, expected) => {
    expect(messageOf(text)).toContain(expected);
  });

  it('do not show in messages or inspection', () => {
    for (const text of [material(7), `a:${material(7)}x`, `${material(7)}:a`, `a:${material(7)},b:${material(7)}`]) {
      expect(messageOf(text)).not.toContain(material(7).slice(0, 12));
    }
    const [key] = parseMasterKeys(`a:${material(7)}`);
    const shown = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key);
    expect(shown).not.toContain(material(7).slice(0, 12));
    expect(shown).not.toContain('07 07');
  });
});
