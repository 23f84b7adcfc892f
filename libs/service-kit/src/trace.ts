import type { Ids } from '@gatehouse/contracts';

/** Where a request belongs: 32 hex digits that its caller's log knows too, and the header to hand on. */
export interface Trace {
  readonly traceId: string;
  /** W3C `traceparent` with this request as parent; facts and calls to other services carry it. */
  readonly traceparent: string;
}

// W3C Trace Context 3.2: version 00 has exactly these four fields; later versions may append more behind a dash.
const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const noTrace = '0'.repeat(32);
const noParent = '0'.repeat(16);

export interface Traceparent {
  readonly traceId: string;
  readonly parentId: string;
  readonly flags: number;
}

/** The fields of a valid `traceparent` header, undefined for any other value (W3C Trace Context 3.2.2). */
export const parseTraceparent = (header: string | readonly string[] | undefined): Traceparent | undefined => {
  if (typeof header !== 'string' || header.length > 128) return undefined;
  const found = traceparentForm.exec(header);
  if (found === null) return undefined;
  const [, version, traceId, parentId, flags, rest] = found;
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || traceId === noTrace || parentId === noParent) return undefined;
  if (version === '00' && rest !== undefined) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) };
};

/** The trace id of a valid `traceparent` header. */
export const traceIdOf = (header: string | readonly string[] | undefined): string | undefined =>
  parseTraceparent(header)?.traceId;

/** A trace id of our own, for a request that brings none. */
export const newTraceId = (ids: Ids): string => ids.hex(16);

/** The trace with a new span in it. Sampled: whoever collects may drop it. */
export const traceWithin = (traceId: string, ids: Ids): Trace => ({
  traceId,
  traceparent: `00-${traceId}-${ids.hex(8)}-01`,
});
