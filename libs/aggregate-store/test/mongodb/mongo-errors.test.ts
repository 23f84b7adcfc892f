import { mongo } from 'mongoose';
import { describe, expect, it } from 'vitest';
import { AggregateStoreError } from '../../src/aggregate-store.ts';
import { isOutcomeUnknown, MongoIndexMissing, MongoTimeout, storeError } from '../../src/mongodb/mongo-errors.ts';

/** Everything of an error that a log could show. */
const shown = (error: unknown): string => {
  if (!(error instanceof Error)) return JSON.stringify(error);
  return [error.message, error.stack, JSON.stringify(error), shown(error.cause ?? null)].join('\n');
};

describe('an error of the driver', () => {
  it('becomes store_unavailable with its code, and shows neither passwords nor data', () => {
    const validation = new mongo.MongoServerError({
      code: 121,
      codeName: 'DocumentValidationFailure',
      errmsg: 'alice@corp.example is not allowed',
      keyValue: { unique: 'alice@corp.example' },
    });
    const network = new mongo.MongoNetworkError('connect to mongodb://gate:s3cret@db.example:27017 refused');
    for (const [error, text] of [
      [validation, 'DocumentValidationFailure'],
      [network, 'db.example:27017 refused'],
      [new MongoTimeout('no answer within 5 ms'), 'no answer within 5 ms'],
      [new MongoIndexMissing('missing index a.unique_keys'), 'missing index a.unique_keys'],
    ] as const) {
      const made = storeError(error);
      expect(made).toBeInstanceOf(AggregateStoreError);
      expect(made).toMatchObject({ code: 'store_unavailable', cause: { name: error.name } });
      expect((made as Error).message).toContain(text);
      expect(shown(made)).not.toMatch(/s3cret|alice/);
    }
    expect(storeError(validation)).toMatchObject({ cause: { code: 'DocumentValidationFailure' } });
  });

  it('is told from a fault of the program and from what the store itself says', () => {
    const taken = new AggregateStoreError('unique_taken', 'x', { index: 'name' });
    const fault = new TypeError('x is not a function');
    expect(storeError(taken)).toBe(taken);
    expect(storeError(fault)).toBe(fault);
    expect(isOutcomeUnknown(fault)).toBe(false);
  });

  it('leaves open whether a write happened, unless no server was found', () => {
    expect(isOutcomeUnknown(new mongo.MongoNetworkError('closed'))).toBe(true);
    expect(isOutcomeUnknown(new MongoTimeout('late'))).toBe(true);
    const none = new mongo.MongoServerSelectionError('none', {} as mongo.TopologyDescription);
    expect(isOutcomeUnknown(none)).toBe(false);
  });
});
