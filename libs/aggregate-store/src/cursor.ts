import { createHash } from 'node:crypto';
import { AggregateStoreError } from './aggregate-store.ts';

/** The last row of a page: lists go on behind it. */
export interface Place {
  readonly sort: string;
  readonly id: string;
}

/** What of `sort` counts for the order, in UTF-8 bytes: a cursor carries it, and addresses are bounded. */
export const mostSortBytes = 480;

/** `sort` cut to what counts, never inside a character. */
export const sortKey = (sort: string): string => {
  if (Buffer.byteLength(sort) <= mostSortBytes) return sort;
  let kept = '';
  let bytes = 0;
  for (const character of sort) {
    bytes += Buffer.byteLength(character);
    if (bytes > mostSortBytes) break;
    kept += character;
  }
  return kept;
};

/** A short name of the query, so that a cursor of one list is refused by another. */
const queryName = (query: unknown): string =>
  createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 11);

/** @param query all that makes the list what it is: kind, search, filters, order; never `limit` or `cursor` */
export const encodeCursor = (query: unknown, { sort, id }: Place): string =>
  Buffer.from(JSON.stringify([queryName(query), sort, id])).toString('base64url');

/** @throws AggregateStoreError `cursor_invalid` for a cursor that `encodeCursor` did not make for this query */
export const decodeCursor = (query: unknown, cursor: string): Place => {
  const invalid = (cause?: unknown) =>
    new AggregateStoreError('cursor_invalid', 'the cursor is not of this list', { cause });
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch (error) {
    throw invalid(error);
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw invalid();
  const [name, sort, id]: readonly unknown[] = parts;
  if (name !== queryName(query) || typeof sort !== 'string' || typeof id !== 'string') throw invalid();
  return { sort, id };
};

/** Filters in one order, so that the same query has one name. */
export const inOrder = (values: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] =>
  Object.entries(values).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
