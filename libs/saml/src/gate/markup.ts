import type { GateLimits } from '../settings.ts';

/** What can be counted without parsing, by native search, so that a hostile document costs next to nothing. */
export interface Markup {
  readonly text: string;
  /** Start tags. Those inside CDATA and comments count too: the count may only err on the safe side. */
  readonly elements: number;
  readonly comments: number;
  readonly references: number;
  /** The greatest distance from one `<` to the next. */
  readonly longestRun: number;
  /** Characters outside tags, those of comments and of attributes with a `>` in them among these. */
  readonly textLength: number;
}

const exclamationMark = 0x21;
const slash = 0x2f;
const questionMark = 0x3f;

/** Counts up to just over the limits and stops there. */
export const countMarkup = (text: string, limits: GateLimits): Markup => {
  let elements = 0;
  let comments = 0;
  let longestRun = 0;
  let textLength = 0;
  let at = text.indexOf('<');
  while (
    at !== -1 &&
    elements <= limits.elements &&
    comments <= limits.comments &&
    longestRun <= limits.runLength &&
    textLength <= limits.textLength
  ) {
    const kind = text.charCodeAt(at + 1);
    if (kind === exclamationMark) comments += text.startsWith('<!--', at) ? 1 : 0;
    else if (kind !== slash && kind !== questionMark) elements++;
    const next = text.indexOf('<', at + 1);
    const end = next === -1 ? text.length : next;
    longestRun = Math.max(longestRun, end - at);
    textLength += Math.max(0, end - text.indexOf('>', at) - 1);
    at = next;
  }
  return { text, elements, comments, references: countReferences(text, limits.references), longestRun, textLength };
};

const countReferences = (text: string, limit: number): number => {
  let count = 0;
  for (let at = text.indexOf('&'); at !== -1 && count <= limit; at = text.indexOf('&', at + 1)) count++;
  return count;
};
