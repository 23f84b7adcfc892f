import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReturnTo, returnAddress } from '../../src/login/return-to.ts';

const options = { origin: 'https://sso.example', allowedOrigins: ['https://app.example'] };
const allowed = new Set([options.origin, ...options.allowedOrigins]);

describe('a return address', () => {
  it.each([
    ['/', '/'],
    ['/a/b?c=d#e', '/a/b?c=d#e'],
    ['/a/../b', '/b'],
    ['https://sso.example/x?y', '/x?y'],
    ['https://app.example', 'https://app.example/?code=1'],
    ['https://app.example/in?code=theirs', 'https://app.example/in?code=1'],
  ])('%s leads to %s', (input, address) => {
    const parsed = parseReturnTo(input, options);
    expect(parsed && returnAddress(parsed, parsed.kind === 'elsewhere' ? '1' : undefined)).toBe(address);
  });

  it('is never followed to an origin that is not allowed, whatever is asked for', () => {
    const sign = fc.constantFrom(
      '/',
      '\\',
      '.',
      ':',
      '@',
      '?',
      '#',
      '%2f',
      '%5c',
      '\t',
      '\n',
      'https:',
      'evil.example',
      'app.example',
      'a',
    );
    const tricky = fc.array(sign, { maxLength: 8 }).map((signs) => signs.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          tricky,
          tricky.map((text) => `/${text}`),
          fc.webUrl(),
          fc.string(),
        ),
        (input) => {
          const parsed = parseReturnTo(input, options);
          if (parsed === undefined) return;
          // As a browser reads a Location header.
          const followed = new URL(returnAddress(parsed, undefined), 'https://sso.example/api/sso/login/callback');
          expect(allowed.has(followed.origin)).toBe(true);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
