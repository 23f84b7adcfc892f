import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface ObservedRequest {
  readonly service: string;
  readonly method: string;
  /** Pattern of the route, `/api/users/:id`; undefined where no route matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
}

/** The process' metrics: one registry, made by whoever starts the process and handed to everything in it. */
export interface Metrics {
  /** Services register metrics of their own here: `gatehouse_<noun>_<unit>`, labels from closed sets. */
  readonly registry: Registry;
  readonly contentType: string;
  /** Prometheus text format. */
  text(): Promise<string>;
  observeRequest(request: ObservedRequest): void;
  /** 1 while requests are turned away because the event loop lags. */
  readonly overloaded: Gauge;
}

export interface MetricsOptions {
  /** Memory, CPU, event loop and garbage collection of the process too. */
  readonly process: boolean;
}

export const createMetrics = ({ process }: MetricsOptions): Metrics => {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'gatehouse_http_requests_total',
    help: 'Answered requests by service, method, route pattern and status.',
    labelNames: ['service', 'method', 'route', 'status'] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'gatehouse_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['service', 'method', 'route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  const overloaded = new Gauge({
    name: 'gatehouse_overloaded',
    help: '1 while requests are turned away because the event loop lags.',
    registers: [registry],
  });
  // Labels come from closed sets, so this is bounded; looking them up in the registry costs more than counting.
  const known = new Map<string, { readonly count: Counter.Internal; readonly duration: Histogram.Internal<string> }>();
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observeRequest({ service, method, route, status, seconds }) {
      const labels = { service, method: methods.has(method) ? method : 'other', route: route ?? 'none' };
      const key = `${service} ${labels.method} ${labels.route} ${status}`;
      let series = known.get(key);
      if (series === undefined) {
        series = { count: requests.labels({ ...labels, status }), duration: durations.labels(labels) };
        known.set(key, series);
      }
      series.count.inc();
      series.duration.observe(seconds);
    },
    overloaded,
  };
};
