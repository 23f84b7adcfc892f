import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../src/gate/base64.ts';

/** Strictness by its definition: what the bytes are written as is what was there. */
const isWrittenAlike = (text: string): boolean => {
  const compact = text.replace(/[\r\n]/g, '');
  return compact !== '' && Buffer.from(compact, 'base64').toString('base64') === compact;
};

/** All texts of up to `length` signs out of `alphabet`. */
function* textsOf(alphabet: string, length: number): Generator<string> {
  yield '';
  if (length === 0) return;
  for (const shorter of textsOf(alphabet, length - 1)) for (const sign of alphabet) yield shorter + sign;
}

describe('base64 with exactly one reading', () => {
  it('is every text that its own bytes are written as, line breaks aside, and no other', () => {
    let strict = 0;
    const wrong: string[] = [];
    const groups = ['', 'QUJD', 'QUJD\r\n', 'QU*D'];
    for (const group of groups) {
      for (const end of textsOf('Ag-*=\n', 6)) {
        const decoded = decodeBase64(group + end);
        if (decoded.strict !== isWrittenAlike(group + end)) wrong.push(group + end);
        if (decoded.strict) strict++;
      }
    }
    expect(wrong).toEqual([]);
    expect(strict).toBeGreaterThan(100);
  });

  it.each([
    '',
    '\n',
    'QQ',
    'QR==',
    'QQ=',
    'QQ= =',
    'Q Q=',
    'QQ==QQ==',
    '_w==',
    '-w==',
    'QUJD\t',
    'QUJD\u00a0',
    'QUJDé',
    'QU\u014aDQUJD',
    '\u0151UJDQUJD',
  ])('refuses %j', (text) => {
    expect(decodeBase64(text).strict).toBe(false);
  });

  it('takes as many line breaks as 256 kB in lines of 32 have, and no more', () => {
    const broken = (breaks: number): string => `${'QUJD\n'.repeat(breaks)}QUJD`;
    expect(decodeBase64(broken(16_384)).strict).toBe(true);
    expect(decodeBase64(broken(16_385)).strict).toBe(false);
  });

  it.each([
    ['QQ==', 'A'],
    ['Q\nQ\r\n=\n=\n', 'A'],
    ['QUJDRA==', 'ABCD'],
    ['QUJD\nREVG\n', 'ABCDEF'],
  ])('reads %j', (text, expected) => {
    const { bytes, strict } = decodeBase64(text);
    expect(strict).toBe(true);
    expect(bytes.toString()).toBe(expected);
  });
});
