import { MongooseError, mongo } from 'mongoose';
import { AggregateStoreError } from '../aggregate-store.ts';
import { withoutCredentials } from './connection-options.ts';

/** No answer within the time that one call has. The call may still be carried out. */
export class MongoTimeout extends Error {
  override readonly name = 'MongoTimeout';
  readonly code = 'timeout';
}

/** An index is missing or another than it must be; nothing is read or written without it. */
export class MongoIndexMissing extends Error {
  override readonly name = 'MongoIndexMissing';
  readonly code = 'index_missing';
}

/** The server's code for a key that is taken. */
export const duplicateKey = 11_000;
const tooLarge = new Set([10_334, 17_419, 17_420]);

/** The index that a write would have broken, and the key, as text. */
export const duplicateOf = (error: unknown): { readonly field: string; readonly key: string } | undefined => {
  if (!(error instanceof mongo.MongoServerError) || error.code !== duplicateKey) return undefined;
  const [field = ''] = Object.keys((error.keyPattern as object | undefined) ?? {});
  const keys = (error.keyValue as Readonly<Record<string, unknown>> | undefined) ?? {};
  return { field, key: String(keys[field] ?? '') };
};

export const isTooLarge = (error: unknown): boolean =>
  error instanceof mongo.MongoServerError && tooLarge.has(Number(error.code));

/** Nobody answered: no server was found, or no connection was free, or none brought an answer in time. */
export const isSilence = (error: unknown): boolean =>
  error instanceof MongoTimeout ||
  error instanceof mongo.MongoServerSelectionError ||
  (error instanceof mongo.MongoError && error.name === 'MongoWaitQueueTimeoutError');

/** The server was found and may have carried the write out, though its answer is missing or says nothing of that. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  !(error instanceof mongo.MongoServerSelectionError) &&
  (error instanceof MongoTimeout || error instanceof mongo.MongoError);

const isDriverError = (error: unknown): error is Error =>
  error instanceof mongo.MongoError ||
  error instanceof MongooseError ||
  error instanceof MongoTimeout ||
  error instanceof MongoIndexMissing;

/**
 * The driver's error without what it carries along: addresses with passwords, and documents and keys with people's data,
 * which a log would show.
 */
const withoutData = (error: Error): Error => {
  const isRefusal = error instanceof mongo.MongoServerError;
  const code = isRefusal ? (error.codeName ?? error.code) : 'code' in error ? error.code : undefined;
  const message = isRefusal ? `the server answered ${String(code)}` : withoutCredentials(error.message);
  const slim = Object.assign(new Error(message), code === undefined ? {} : { code });
  slim.name = error.name;
  return slim;
};

/** What the driver refuses becomes `store_unavailable`; anything else is handed on as it is. */
export const storeError = (error: unknown): unknown => {
  if (!isDriverError(error)) return error;
  const cause = withoutData(error);
  return new AggregateStoreError('store_unavailable', `the store does not take this: ${cause.message}`, { cause });
};
