import type { Tracer } from '@opentelemetry/api';
import type { ServiceClient } from '../module.ts';
import { during, SpanKind, spanContextOf, startSpan, traceOf } from './spans.ts';

/** Calls through a span: the service that is called sees it as its parent. */
export const clientWithSpans = (client: ServiceClient, peer: string, tracer: Tracer): ServiceClient => ({
  async call(request) {
    const span = startSpan(tracer, {
      name: `${request.method} ${peer}`,
      kind: SpanKind.CLIENT,
      attributes: { 'http.request.method': request.method, 'peer.service': peer },
      parent: spanContextOf(request.headers.traceparent),
    });
    const headers = { ...request.headers, traceparent: traceOf(span).traceparent };
    return await during([span], async () => {
      const answer = await client.call({ ...request, headers });
      span.setAttribute('http.response.status_code', answer.status);
      return answer;
    });
  },
});
