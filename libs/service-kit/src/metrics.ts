import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { createRequestMetrics, type ObservedRequest } from './request-metrics.ts';

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
  const overloaded = new Gauge({
    name: 'gatehouse_overloaded',
    help: '1 while requests are turned away because the event loop lags.',
    registers: [registry],
  });
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observeRequest: createRequestMetrics(registry),
    overloaded,
  };
};
