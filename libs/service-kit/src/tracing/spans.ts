import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceparent, type Trace } from '../trace.ts';

export { SpanKind };

/** The span that a header names, as far as it can be believed; undefined for anything that is no `traceparent`. */
export const spanContextOf = (traceparent: string | undefined): SpanContext | undefined => {
  const parsed = parseTraceparent(traceparent);
  if (parsed === undefined) return undefined;
  const { traceId, parentId, flags } = parsed;
  return { traceId, spanId: parentId, traceFlags: flags & 1, isRemote: true };
};

/** The trace with this span as parent, as facts and calls carry it. */
export const traceOf = (span: Span): Trace => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` };
};

export interface NewSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** undefined begins a trace. */
  readonly parent: SpanContext | undefined;
  readonly links?: readonly Link[];
}

const within = (parent: SpanContext | undefined): Context =>
  parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);

export const startSpan = (tracer: Tracer, { name, kind, attributes, parent, links = [] }: NewSpan): Span =>
  tracer.startSpan(name, { kind, attributes, links: [...links] }, within(parent));

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? code : 'failed';
};

/** Marks the span as failed: by a stable code, because an error's words may hold addresses or names. */
export const markFailed = (span: Span, error: unknown): void => {
  span.setAttribute('error.type', codeOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
};

/** Ends the spans when the work is done, as failed when it rejects. */
export const during = async <Result>(spans: readonly Span[], work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    for (const span of spans) markFailed(span, error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
};
