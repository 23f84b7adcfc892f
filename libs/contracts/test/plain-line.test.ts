import { describe, expect, it } from 'vitest';
import { isPlainLine } from '../src/index.ts';

describe('isPlainLine', () => {
  it.each(['Corp', 'Ünïcode – 東京 🏢', 'עברית', 'a\u200db', ''])('takes %j', (text) => {
    expect(isPlainLine(text)).toBe(true);
  });

  it.each(['two\nlines', 'nul\u0000', '\ud800', 'x\udc00', 'gnp.\u202eexe', 'a\u2066b', 'a\u2028b', '\u007f'])(
    'refuses %j',
    (text) => {
      expect(isPlainLine(text)).toBe(false);
    },
  );
});
