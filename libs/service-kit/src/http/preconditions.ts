import { ProblemError } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';

/** Versions that a client has seen: any, or these. */
export type IfMatch = 'any' | readonly number[];

/** The strong entity tag of a version: `"3"` (RFC 9110 8.8.3). */
export const entityTag = (version: number): string => `"${version}"`;

// RFC 9110 8.8.3: an opaque tag is etagc, %x21 / %x23-7E / obs-text, between double quotes, W/ before a weak one.
const oneTag = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
const versionForm = /^[1-9][0-9]{0,15}$/;

/**
 * Reads an If-Match header (RFC 9110 13.1.1). Weak tags and tags that we never gave are well-formed but match nothing.
 * @throws ProblemError `invalid_request` when it is malformed
 */
export const readIfMatch = (header: string): IfMatch => {
  const text = header.trim();
  if (text === '*') return 'any';
  // A comma may stand inside a tag; none of ours has one, so splitting there only ever breaks foreign tags apart.
  const tags = text.match(/(W\/)?"[^"]*"|[^,\s]+/g) ?? [];
  const versions: number[] = [];
  for (const tag of tags) {
    const found = oneTag.exec(tag);
    if (found === null) throw malformed();
    const [, weak, opaque] = found;
    if (weak === undefined && opaque !== undefined && versionForm.test(opaque)) versions.push(Number(opaque));
  }
  if (tags.length === 0) throw malformed();
  return versions;
};

const malformed = (): ProblemError =>
  new ProblemError('invalid_request', { detail: 'If-Match must be entity tags like "3", or *' });

/**
 * The request's If-Match, which a change of an aggregate needs.
 * @throws ProblemError `precondition_required` without one, `invalid_request` when it is malformed
 */
export const requireIfMatch = (request: FastifyRequest): IfMatch => {
  const header = request.headers['if-match'];
  if (header === undefined) throw new ProblemError('precondition_required');
  return readIfMatch(header);
};

/** @throws ProblemError `version_conflict` when `version` is none of those seen */
export const checkIfMatch = (ifMatch: IfMatch | undefined, version: number): void => {
  if (ifMatch === undefined || ifMatch === 'any' || ifMatch.includes(version)) return;
  throw new ProblemError('version_conflict');
};
