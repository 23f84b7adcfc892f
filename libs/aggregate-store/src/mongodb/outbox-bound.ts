import type { Clock } from '@gatehouse/contracts';
import { AggregateStoreError } from '../aggregate-store.ts';

/** How long a count of waiting records is believed, in milliseconds. */
const believedMs = 1_000;

/**
 * Keeps the records of one outbox below a limit without counting at every save: what this process adds and sends is
 * reckoned, what others do is seen by counting once a second. So several processes together may pass the limit by what
 * they save in that second.
 */
export const createOutboxBound = (deps: {
  readonly clock: Clock;
  readonly limit: number;
  readonly name: string;
  depth(): Promise<number>;
}) => {
  const { clock, limit, name, depth } = deps;
  let waiting = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;

  const count = async (): Promise<void> => {
    waiting = await depth();
    countedAt = clock.now();
  };

  return {
    /** @throws AggregateStoreError `outbox_full` when there is no room for `added` more; `store_unavailable` */
    async refuseWhenFull(added: number): Promise<void> {
      if (added === 0) return;
      if (clock.now() - countedAt >= believedMs) {
        counting ??= count().finally(() => {
          counting = undefined;
        });
        await counting;
      }
      if (waiting + added > limit)
        throw new AggregateStoreError('outbox_full', `${limit} records of ${name} wait already`);
    },
    changed(by: number): void {
      waiting = Math.max(0, waiting + by);
    },
  };
};
