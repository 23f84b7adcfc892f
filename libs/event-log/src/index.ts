/** Port, relay and consumer runner of the event log. */
export * from './consumer.ts';
export * from './event-log.ts';
export * from './outbox.ts';
