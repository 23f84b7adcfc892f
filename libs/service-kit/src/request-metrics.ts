import { Counter, Histogram, type MetricValueWithName, type Registry } from 'prom-client';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface ObservedRequest {
  readonly service: string;
  readonly method: string;
  /** Pattern of the route, `/api/users/:id`; undefined where no route matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
}

interface Labels {
  readonly service: string;
  readonly method: string;
  readonly route: string;
}

const durationsName = 'gatehouse_http_request_duration_seconds';
const durationsHelp = 'Time from the last header of a request to its answer being handed over.';

/** Upper bounds in seconds; one more bucket takes what is slower. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

/** Requests to one route: counted in plain numbers, because looking labels up for every request costs more than counting. */
class RouteSeries {
  readonly labels: Labels;
  readonly byStatus = new Map<number, number>();
  readonly buckets = new Float64Array(bounds.length + 1);
  seconds = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  observe(status: number, seconds: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] as number)) at++;
    (this.buckets[at] as number) += 1;
    this.seconds += seconds;
  }
}

const valuesOf = (name: string, { labels, buckets, seconds }: RouteSeries): MetricValueWithName<string>[] => {
  const values: MetricValueWithName<string>[] = [];
  let count = 0;
  for (const [at, bucket] of buckets.entries()) {
    count += bucket;
    values.push({ metricName: `${name}_bucket`, labels: { le: bounds[at] ?? '+Inf', ...labels }, value: count });
  }
  values.push({ metricName: `${name}_sum`, labels: { ...labels }, value: seconds });
  values.push({ metricName: `${name}_count`, labels: { ...labels }, value: count });
  return values;
};

/** A histogram that is written out from the series when somebody asks. */
class RequestDurations extends Histogram {
  readonly #series: Iterable<RouteSeries>;

  constructor(registry: Registry, series: Iterable<RouteSeries>) {
    super({
      name: durationsName,
      help: durationsHelp,
      buckets: [...bounds],
      registers: [registry],
    });
    this.#series = series;
  }

  /** Asked by the registry, and by `get`, for what is written out (prom-client's types do not name it). */
  async getForPromString(): Promise<object> {
    const values = [...this.#series].flatMap((series) => valuesOf(durationsName, series));
    return { name: durationsName, help: durationsHelp, type: 'histogram', aggregator: 'sum', values };
  }
}

/** Registers the two metrics of requests; returns how one is counted. */
export const createRequestMetrics = (registry: Registry): ((request: ObservedRequest) => void) => {
  // Labels come from closed sets, so this is bounded.
  const series = new Map<string, RouteSeries>();
  new RequestDurations(registry, { [Symbol.iterator]: () => series.values() });
  new Counter({
    name: 'gatehouse_http_requests_total',
    help: 'Answered requests by service, method, route pattern and status.',
    labelNames: ['service', 'method', 'route', 'status'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, byStatus } of series.values()) {
        for (const [status, count] of byStatus) this.inc({ ...labels, status }, count);
      }
    },
  });
  return ({ service, method, route = 'none', status, seconds }) => {
    const known = methods.has(method) ? method : 'other';
    const key = `${service} ${known} ${route}`;
    let found = series.get(key);
    if (found === undefined) {
      found = new RouteSeries({ service, method: known, route });
      series.set(key, found);
    }
    found.observe(status, seconds);
  };
};
