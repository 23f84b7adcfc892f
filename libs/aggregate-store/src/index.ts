/**
 * The aggregate store: aggregates saved together with the records that tell of them, lists of aggregates, and views that
 * consumers build. This is the port; adapters are subpaths (`./sqlite`, `./mongo`) and pass `./conformance`. It knows
 * nothing of connectors or users, decides nothing, and sends nothing: a relay reads the outbox.
 */
export * from './aggregate-store.ts';
