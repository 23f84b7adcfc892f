/**
 * The schemas of Gatehouse, once: entities, API bodies, events, topics, problem codes, and the few pure rules that
 * every service must apply alike (canonical e-mail addresses, subject digests). Types are inferred from the schemas.
 * Nothing here does I/O, and nothing here imports another library of ours.
 */
export * from './access.ts';
export * from './audit.ts';
export * from './canonical-email.ts';
export * from './clock.ts';
export * from './connector.ts';
export * from './events.ts';
export * from './ids.ts';
export * from './internal.ts';
export * from './plain-line.ts';
export * from './primitives.ts';
export * from './problems.ts';
export * from './refusals.ts';
export * from './session.ts';
export * from './subject-digest.ts';
export * from './topics.ts';
export * from './user.ts';
export * from './validate.ts';
