import { expect, it } from 'vitest';
import { createBoundedCache } from '../src/bounded-cache.ts';

it('keeps what was used last and drops what was unused for longest', () => {
  const cache = createBoundedCache<string>(2);
  const made: string[] = [];
  const get = (key: string) => cache.get(key, () => made.push(key).toString());
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key);

  expect(made).toEqual(['a', 'b', 'c', 'b']);
  expect(cache.size).toBe(2);
});

it('keeps nothing when making fails', () => {
  const cache = createBoundedCache<string>(2);
  expect(() =>
    cache.get('a', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(cache.get('a', () => 'yes')).toBe('yes');
});
