/**
 * What every adapter of this library's ports must do, as suites that register vitest tests. Only conformance suites and
 * tests import vitest.
 */
export * from './consumer-conformance.ts';
export * from './dead-letters-conformance.ts';
export * from './event-log-conformance.ts';
export * from './outbox-conformance.ts';
