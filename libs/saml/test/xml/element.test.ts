import { describe, expect, it } from 'vitest';
import { trimXml } from '../../src/xml/element.ts';

describe('trimXml', () => {
  it('removes the four blanks of XML at both ends and nothing inside', () => {
    expect(trimXml('\t\n\r a \t b\r\n')).toBe('a \t b');
    expect(trimXml(' \n')).toBe('');
    expect(trimXml('')).toBe('');
  });

  it('keeps what is white space of Unicode only', () => {
    expect(trimXml('\u00a0a\u2003')).toBe('\u00a0a\u2003');
    expect(trimXml('\u000ba\u000c')).toBe('\u000ba\u000c');
  });

  it('takes no longer for blanks inside than for other text', () => {
    const hostile = `a${' '.repeat(65_000)}b`;
    const before = process.cpuUsage();
    expect(trimXml(hostile)).toBe(hostile);
    const { user, system } = process.cpuUsage(before);
    // In the square of the blanks it takes seconds.
    expect((user + system) / 1_000).toBeLessThan(100);
  });
});
