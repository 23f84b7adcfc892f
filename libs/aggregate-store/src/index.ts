/** Port of the aggregate store. */
export * from './aggregate-store.ts';
