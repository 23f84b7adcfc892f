import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SpanKind, spanContextOf, startSpan, traceOf } from './spans.ts';

const probes: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

const only = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined;

/**
 * A server span for each request, from its head to the end of its answer, in the trace that its log lines name.
 * @param beginTrace begins the next trace that is started without a parent under this id
 */
export const addRequestSpans = (app: FastifyInstance, tracer: Tracer, beginTrace: (traceId: string) => void): void => {
  const spans = new WeakMap<FastifyRequest, Span>();
  const end = (request: FastifyRequest, status: number | undefined): void => {
    const span = spans.get(request);
    if (span === undefined) return;
    spans.delete(request);
    if (status === undefined) span.setAttribute('error.type', 'aborted');
    else span.setAttribute('http.response.status_code', status);
    if (status === undefined || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };

  app.addHook('onRequest', (request, _reply, done) => {
    const { method, url: route } = request.routeOptions;
    if (route !== undefined && probes.has(route)) return done();
    const name = typeof method === 'string' ? method : request.method;
    const parent = spanContextOf(only(request.headers.traceparent));
    if (parent === undefined) beginTrace(request.id);
    const span = startSpan(tracer, {
      name: route === undefined ? name : `${name} ${route}`,
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': name, ...(route === undefined ? {} : { 'http.route': route }) },
      parent,
    });
    spans.set(request, span);
    // Facts and calls of this request name its span as their parent.
    Object.defineProperty(request, 'trace', { value: traceOf(span) });
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    end(request, reply.statusCode);
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    end(request, undefined);
    done();
  });
};
