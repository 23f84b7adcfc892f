/**
 * Lists are in the order of code points. MongoDB compares the bytes of UTF-8, which is that order; servers that speak its
 * protocol may compare units of UTF-16, where U+1F600 comes before U+FF5E. A sign before each character from U+E000 on
 * makes both agree: U+E000 before those of the basic plane, U+E001 before the others.
 */
export const toOrdered = (text: string): string =>
  text.replace(/[\u{E000}-\u{10FFFF}]/gu, (character) => (character.length === 1 ? '\uE000' : '\uE001') + character);

/** The text of which `toOrdered` was made. */
export const fromOrdered = (ordered: string): string => ordered.replace(/[\uE000\uE001](.)/gsu, '$1');
