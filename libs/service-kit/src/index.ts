/**
 * What every service stands on: a Fastify instance that keeps the product's promises (`createApp`: strict bodies, problem
 * answers, traces, security headers, metrics), health (`/livez`, `/readyz`, `/metrics`), settings, logs, who calls and what
 * he may (`createCallerAuth`, `requireRight`), If-Match, commands on aggregates (`createCommandRunner`), calls between
 * services (`injectClient`, `httpClient`), and the host that runs modules in one process until it is told to stop.
 *
 * It knows no service, no entity and no adapter: stores, logs and keys come in from whoever starts the process.
 */
export * from './access.ts';
export * from './clients.ts';
export * from './closing.ts';
export * from './commands.ts';
export * from './connections.ts';
export * from './event-metrics.ts';
export * from './host.ts';
export { type AppOptions, createApp, defaultBodyLimit, httpTimeouts } from './http/app.ts';
export * from './http/changes.ts';
export * from './http/health.ts';
export { emptyBody, jsonLimits } from './http/json-body.ts';
export * from './http/preconditions.ts';
export { problemType, sendProblem, toProblem } from './http/problem.ts';
export { securityHeaders } from './http/security-headers.ts';
export { internalTokenVerifier } from './internal-tokens.ts';
export { type KeepTryingOptions, keepTrying, type Patience, serverPatience } from './keep-trying.ts';
export * from './logger.ts';
export * from './metrics.ts';
export type * from './module.ts';
export * from './overload.ts';
export * from './republish.ts';
export * from './run-service.ts';
export * from './service-settings.ts';
export * from './settings.ts';
export * from './settings-reader.ts';
export * from './signals.ts';
export * from './start-error.ts';
export * from './trace.ts';
export { startTracing, type Tracing, type TracingOptions } from './tracing.ts';
