import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromOrdered, toOrdered } from '../../src/mongodb/text-order.ts';

const character = fc.constantFrom(
  'a',
  'é',
  '\ud7ff',
  '\ue000',
  '\ue001',
  '\uf000',
  '\uff5e',
  '\uffff',
  '😀',
  '\u{10ffff}',
);
const text = fc.string({ unit: character, maxLength: 5 });

const byUnits = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('a text as it is stored for lists', () => {
  it('comes back as it went in', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(fromOrdered(toOrdered(given))).toBe(given);
      }),
    );
  });

  it('has the order of code points, whether a server compares UTF-8 or UTF-16', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const wanted = Math.sign(byBytes(a, b));
        expect(Math.sign(byBytes(toOrdered(a), toOrdered(b)))).toBe(wanted);
        expect(byUnits(toOrdered(a), toOrdered(b))).toBe(wanted);
      }),
    );
  });
});
