/**
 * The event log: an ordered, durable log of topics, and what runs on both of its ends. `createOutboxRelay` sends what
 * stores have committed; `createConsumerRunner` applies it to consumers; `encode…` and `decodeRecord` are the one place where
 * records become messages (CloudEvents 1.0, binary mode); `readTopics` and `createLogVerification` are for people and checks.
 * Adapters are subpaths (`./sqlite`, `./kafka`) and pass `./conformance`.
 * Nothing here knows what a fact means, and nothing here keeps state of its own beside positions and dead letters.
 */
export * from './codec.ts';
export * from './consumer.ts';
export * from './consumer-runner.ts';
export * from './dead-letters.ts';
export * from './event-log.ts';
export * from './log-verification.ts';
export type { Logger } from './logger.ts';
export * from './metrics.ts';
export * from './outbox.ts';
export * from './outbox-relay.ts';
export type { Backoff } from './pause.ts';
export * from './read-topics.ts';
