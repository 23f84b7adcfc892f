import type { Clock } from '@gatehouse/contracts';
import type { Leases } from '@gatehouse/event-log';
import type { MongoDatabase } from './mongo-database.ts';
import { duplicateOf, storeError } from './mongo-errors.ts';
import type { LeaseDocument } from './schema.ts';

/**
 * Leases by one upsert each. Documents stay when a lease is given back, so that fences grow for ever. Whether one has
 * expired is told by the clock of whoever asks: clocks that differ shift a lease's end, and the fence decides.
 */
export const mongoLeases = (database: MongoDatabase, clock: Clock): Leases => ({
  async acquire(name, owner, lifeMs) {
    const now = clock.now();
    const expiresAt = now + lifeMs;
    try {
      const taken = await database.attempt(({ leases }) =>
        leases
          .findOneAndUpdate(
            { _id: name, $or: [{ expiresAt: { $lte: now } }, { owner }] },
            { $set: { owner, expiresAt }, $inc: { fence: 1 } },
            { upsert: true, returnDocument: 'after' },
          )
          .lean<LeaseDocument>(),
      );
      return taken === null ? undefined : { name, owner, fence: taken.fence, expiresAt };
    } catch (error) {
      // It is there and did not fit: somebody else holds it.
      if (duplicateOf(error) !== undefined) return undefined;
      throw storeError(error);
    }
  },
  async renew(lease, lifeMs) {
    const { name, owner, fence } = lease;
    const now = clock.now();
    const expiresAt = now + lifeMs;
    const { matchedCount } = await database.run(({ leases }) =>
      leases.updateOne({ _id: name, owner, fence, expiresAt: { $gt: now } }, { $set: { expiresAt } }),
    );
    return matchedCount === 1 ? { ...lease, expiresAt } : undefined;
  },
  async release({ name, owner, fence }) {
    await database.run(({ leases }) =>
      leases.updateOne({ _id: name, owner, fence }, { $set: { expiresAt: 0 }, $unset: { owner: 1 } }),
    );
  },
});
