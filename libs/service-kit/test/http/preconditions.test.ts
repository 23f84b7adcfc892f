import { describe, expect, it } from 'vitest';
import { checkIfMatch, entityTag, readIfMatch } from '../../src/index.ts';

describe('If-Match', () => {
  it.each([
    ['"3"', [3]],
    ['  "3"  ', [3]],
    ['"3", "4"', [3, 4]],
    ['"3","4"', [3, 4]],
    ['*', 'any'],
    // Strong comparison: weak tags never match (RFC 9110 8.8.3.2).
    ['W/"3"', []],
    ['W/"3", "4"', [4]],
    // Well-formed tags that nobody here gave.
    ['"abc"', []],
    ['"0"', []],
    ['"03"', []],
    ['""', []],
  ])('reads %s', (header, expected) => {
    expect(readIfMatch(header)).toEqual(expected);
  });

  it.each(['', '3', '"3', '"3" "x', 'w/"3"', '*, "3"', ',', '"3",,"x'])('refuses %j as malformed', (header) => {
    expect(() => readIfMatch(header)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('reads what entityTag wrote', () => {
    expect(readIfMatch(entityTag(17))).toEqual([17]);
  });

  it('compares with the current version', () => {
    expect(() => checkIfMatch([3], 3)).not.toThrow();
    expect(() => checkIfMatch('any', 9)).not.toThrow();
    expect(() => checkIfMatch(undefined, 9)).not.toThrow();
    expect(() => checkIfMatch([3], 4)).toThrow(expect.objectContaining({ code: 'version_conflict' }));
    expect(() => checkIfMatch([], 4)).toThrow(expect.objectContaining({ code: 'version_conflict' }));
  });
});
