import type { StoreHost } from '@gatehouse/aggregate-store';
import type { EventLog } from '@gatehouse/event-log';
import type { FastifyInstance } from 'fastify';
import type { ServiceClient } from '../module.ts';

/**
 * Spans around what a process does, sent to a collector (OTLP over HTTP, JSON). One request is one trace from the browser to
 * the last projection, because facts carry its `traceparent`. Spans name routes, types and places on the log; never
 * people, addresses, queries, cookies, tokens or bodies.
 */
export interface Tracing {
  /** One span for each request, except health and metrics; `request.trace` is then that span. */
  requests(app: FastifyInstance): void;
  /** One span for each call, handed on as its `traceparent`. @param peer the service that is called */
  client(client: ServiceClient, peer: string): ServiceClient;
  /** One span for each save that brings facts. */
  stores<Stores extends StoreHost>(host: Stores): Stores;
  /**
   * One span for each record that a relay appends, and for each that a consumer handles.
   * @param system what the log is kept in
   */
  eventLog(log: EventLog, system: 'kafka' | 'sqlite'): EventLog;
  /** Sends what waits, at most for some seconds. */
  close(): Promise<void>;
}
