import type { GateLimits } from '../settings.ts';

/** What can be counted without parsing, by native search, so that a hostile document costs next to nothing. */
export interface Markup {
  readonly doctype: boolean;
  /** Processing instructions; the XML declaration at the very start is none. */
  readonly instruction: boolean;
  /**
   * Start tags or end tags, whichever are more. Those inside CDATA and comments, and CDATA sections and instructions
   * themselves, count too: the count may only err on the safe side.
   */
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

/**
 * Counts up to just over the limits and stops there: what comes behind is not looked at, because the count already refuses.
 * No character is searched twice, whatever the text.
 */
export const countMarkup = (text: string, limits: GateLimits): Markup => {
  let doctype = false;
  let instruction = false;
  let starts = 0;
  let ends = 0;
  let comments = 0;
  let longestRun = 0;
  let close = -1;
  let at = text.indexOf('<');
  let textLength = at === -1 ? text.length : at;
  while (
    at !== -1 &&
    starts <= limits.elements &&
    ends <= limits.elements &&
    comments <= limits.comments &&
    longestRun <= limits.runLength &&
    textLength <= limits.textLength
  ) {
    const kind = text.charCodeAt(at + 1);
    if (kind === slash) ends++;
    else if (kind === exclamationMark && text.startsWith('<!--', at)) comments++;
    else starts++;
    if (kind === exclamationMark) doctype ||= text.charAt(at + 2).toLowerCase() === 'd';
    else if (kind === questionMark) instruction ||= at > 0 || !text.startsWith('<?xml ');
    const next = text.indexOf('<', at + 1);
    const end = next === -1 ? text.length : next;
    longestRun = Math.max(longestRun, end - at);
    if (close < at) close = indexOrEnd(text, '>', at);
    textLength += Math.max(0, end - close - 1);
    at = next;
  }
  const elements = Math.max(starts, ends);
  const references = countReferences(text, limits.references);
  return { doctype, instruction, elements, comments, references, longestRun, textLength };
};

const indexOrEnd = (text: string, sign: string, from: number): number => {
  const found = text.indexOf(sign, from);
  return found === -1 ? text.length : found;
};

const countReferences = (text: string, limit: number): number => {
  let count = 0;
  for (let at = text.indexOf('&'); at !== -1 && count <= limit; at = text.indexOf('&', at + 1)) count++;
  return count;
};
