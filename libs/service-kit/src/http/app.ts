import { type Caller, type Ids, ProblemError } from '@gatehouse/contracts';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type onSendHookHandler,
} from 'fastify';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Overload } from '../overload.ts';
import { newTraceId, type Trace, traceIdOf, traceWithin } from '../trace.ts';
import { answerClientError } from './client-error.ts';
import { endConnectionsAtClose } from './closing-connections.ts';
import { takeJsonBodies } from './json-body.ts';
import { lazyChild } from './lazy-child.ts';
import { sendProblem } from './problem.ts';
import { rememberRoutes } from './routes-by-path.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { validateStrictly } from './validation.ts';

const knownTrace = Symbol('trace');
const startedAt = Symbol('startedAt');

declare module 'fastify' {
  interface FastifyRequest {
    readonly trace: Trace;
    [knownTrace]: Trace | undefined;
    /** `performance.now()` */
    [startedAt]: number;
    /** Who calls, once a hook has verified it. */
    caller: Caller | undefined;
  }
}

/** Milliseconds. Every one of them ends a connection that would otherwise be held for ever. */
export const httpTimeouts = {
  headers: 10_000,
  /** The whole request, body included. */
  request: 20_000,
  /** Longer than the usual 60 s of proxies, so that they never send into a connection that closes at that moment. */
  keepAlive: 65_000,
  /** Nothing sent or received while a request is under way. */
  idle: 120_000,
} as const;

/** Bytes of a body unless a route says otherwise. */
export const defaultBodyLimit = 256 * 1024;

export interface AppOptions {
  /** `service` in metrics and logs. */
  readonly name: string;
  readonly logger: Logger;
  readonly ids: Ids;
  readonly metrics: Metrics;
  readonly overload?: Overload;
  /** In bytes; 256 KiB unless told. */
  readonly bodyLimit?: number;
  /** Addresses or networks whose X-Forwarded-* headers count; none unless told. */
  readonly trustProxy?: readonly string[];
  readonly timeouts?: { readonly [Name in keyof typeof httpTimeouts]?: number };
  /** Errors of libraries that this one does not know, as problems; asked first. */
  readonly translate?: (error: unknown) => ProblemError | undefined;
  /** Answers for addresses that do not exist; where it is undefined or returns undefined, the answer is `not_found`. */
  readonly notFound?: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
}

/** One line per request is ours (`request answered`); Fastify's two are off. */
class QuietRequests extends LogController {
  override incomingRequest(): void {}
  override requestCompleted(): void {}
}

const isProbe = (url: string): boolean => url === '/livez' || url === '/readyz' || url === '/metrics';

const pathOf = (url: string): string => {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
};

/**
 * A Fastify instance with everything that the product promises of every route: strict bodies, problem answers for every
 * error, a trace per request, security headers, metrics by route pattern, one log line, time-outs. Routes only add meaning.
 */
export const createApp = (options: AppOptions): FastifyInstance => {
  const { name, ids, metrics, overload, translate, notFound } = options;
  const logger = options.logger.child({ service: name });
  const timeouts = { ...httpTimeouts, ...options.timeouts };
  const app = fastify({
    // Without a logger of its own Fastify listens for the end of no answer; every request's lines are ours all the same.
    logger: false,
    childLoggerFactory: (_parent, bindings) => lazyChild(logger, bindings),
    logController: new QuietRequests({ requestIdLogLabel: 'traceId' }),
    // The trace id is the request's id: it is in every log line of the request without further ado.
    genReqId: (raw) => traceIdOf(raw.headers.traceparent) ?? newTraceId(ids),
    requestIdHeader: false,
    bodyLimit: options.bodyLimit ?? defaultBodyLimit,
    trustProxy: options.trustProxy === undefined || options.trustProxy.length === 0 ? false : [...options.trustProxy],
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    connectionTimeout: timeouts.idle,
    http: {
      headersTimeout: Math.min(timeouts.headers, timeouts.request),
      maxHeaderSize: 16_384,
      connectionsCheckingInterval: Math.min(1_000, timeouts.request),
    },
    forceCloseConnections: 'idle',
    // While closing, requests on open connections are still answered by their routes; the connections then close.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(reply);
      sendProblem(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, newTraceId(ids)),
  }) as unknown as FastifyInstance;

  takeJsonBodies(app);
  endConnectionsAtClose(app);
  validateStrictly(app);
  const methodsAt = rememberRoutes(app);
  app.decorateRequest(knownTrace, undefined);
  app.decorateRequest(startedAt, 0);
  // Made when it is first asked for: a session check has no use for a span of its own.
  app.decorateRequest('trace', {
    getter() {
      this[knownTrace] ??= traceWithin(this.id, ids);
      return this[knownTrace];
    },
  });
  app.decorateRequest('caller', undefined);

  app.addHook('onRequest', (request, reply, done) => {
    request[startedAt] = performance.now();
    setSecurityHeaders(reply);
    if (overload?.isOverloaded() === true && !isProbe(request.url)) done(new ProblemError('not_ready'));
    else done();
  });
  const answered = (route: string | undefined, request: FastifyRequest, reply: FastifyReply): void => {
    const { method } = request;
    const status = reply.statusCode;
    const ms = performance.now() - request[startedAt];
    metrics.observeRequest({ service: name, method, route, status, seconds: ms / 1000 });
    // Successful reads are most of the traffic and tell little.
    const level = method === 'GET' && status < 400 ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    request.log[level]({ method, path: pathOf(request.url), route, status, ms: Math.round(ms) }, 'request answered');
  };
  // One hook for each route, which knows its pattern: asking a request for it (`routeOptions`) builds an object every time.
  // `onSend`, not `onResponse`: without listeners for the end of every answer a session check costs a tenth less.
  app.addHook('onRoute', (route) => {
    const observe: onSendHookHandler = (request, reply, _payload, done) => {
      answered(route.url, request, reply);
      done();
    };
    route.onSend = [route.onSend ?? [], observe].flat();
  });
  app.setErrorHandler((error, request, reply) => sendProblem(translate?.(error) ?? error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    reply.raw.once('finish', () => answered(undefined, request, reply));
    const allowed = methodsAt(pathOf(request.url));
    if (allowed.length === 0) {
      return notFound?.(request, reply) ?? sendProblem(new ProblemError('not_found'), request, reply);
    }
    return sendProblem(
      new ProblemError('method_not_allowed', { headers: { allow: allowed.join(', ') } }),
      request,
      reply,
    );
  });
  return app;
};
