/**
 * What every adapter of the store's port must do, as suites that register vitest tests. Only conformance suites and tests
 * import vitest and fast-check.
 */
export { aggregateStoreConformance } from './aggregate-conformance.ts';
export { listConformance } from './list-conformance.ts';
export { storeModelConformance } from './model-conformance.ts';
export type { StoreHostAdapter } from './store-host-adapter.ts';
export { viewsConformance } from './views-conformance.ts';

import { aggregateStoreConformance } from './aggregate-conformance.ts';
import { listConformance } from './list-conformance.ts';
import { storeModelConformance } from './model-conformance.ts';
import type { StoreHostAdapter } from './store-host-adapter.ts';
import { viewsConformance } from './views-conformance.ts';

/** All suites of the store: aggregates, lists, views, and random commands against a model. */
export const storeHostConformance = (name: string, makeAdapter: () => Promise<StoreHostAdapter>): void => {
  aggregateStoreConformance(name, makeAdapter);
  listConformance(name, makeAdapter);
  viewsConformance(name, makeAdapter);
  storeModelConformance(name, makeAdapter);
};
