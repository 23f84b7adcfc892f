export type * from './module.ts';
