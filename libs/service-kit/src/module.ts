import type { Consumer, Outbox } from '@gatehouse/event-log';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface ReadinessCheck {
  readonly name: string;
  /** Rejects with the reason while the service must not get requests. Called by `/readyz`, bounded by a time-out. */
  check(): Promise<void>;
}

/**
 * A service as a value: its routes, what it listens to and what it sends. The host gives it a Fastify instance with
 * problem answers, logs, metrics and traces in place; the module knows nothing of ports, processes or the environment.
 */
export interface ServiceModule {
  readonly name: string;
  /** Registers the routes of the service's own port. */
  routes(app: FastifyInstance): Promise<void>;
  /** Registers the routes of the internal port, where the service has some. */
  internalRoutes?(app: FastifyInstance): Promise<void>;
  /**
   * Answers a request on the service's own port for an address that does not exist.
   * @returns the reply that was sent; undefined to answer with the problem `not_found`
   */
  notFound?(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined;
  readonly consumers: readonly Consumer[];
  readonly outboxes: readonly Outbox[];
  readonly readiness: readonly ReadinessCheck[];
  /**
   * The service does its main work without the event log: its own readiness says whether it can. Of others the host says
   * that they are not ready until they have reached the log once.
   */
  readonly standsWithoutLog?: true;
  /** Before the first request: load what must be warm. */
  start(): Promise<void>;
  /** After the last request: timers, loops. Stores and logs are closed by whoever made them. */
  close(): Promise<void>;
}

/** A service that another one calls: over HTTP between processes, by injection within one. */
export interface ServiceClient {
  /** @throws ProblemError `upstream_unavailable` when it does not answer within the time-out */
  call(request: {
    readonly method: string;
    /** Path and query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Buffer | undefined;
  }): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }>;
}
