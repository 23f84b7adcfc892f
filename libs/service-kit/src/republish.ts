import type { AggregateStore } from '@gatehouse/aggregate-store';
import type { Clock, EventType } from '@gatehouse/contracts';
import { type EventLog, EventLogError, type Lease, type Leases, type LogRecord } from '@gatehouse/event-log';
import type { AggregateDefinition } from './commands.ts';

export interface RepublishDeps<State> {
  readonly store: AggregateStore<State>;
  readonly log: EventLog;
  /** Where the service's relay keeps its lease; left out where no process of the service can be running. */
  readonly leases?: Leases | undefined;
  readonly clock: Clock;
}

const page = 200;
const leaseMs = 30_000;
const owner = 'republish';

/**
 * Puts the current state of every aggregate onto its state topic once more, for a log that was lost or made anew. The
 * service must be stopped: its relay's lease and writer are taken, so that no record of the service gets in between; what
 * waits in the outbox is sent by the relay later, and older versions among it change nothing for readers.
 * @returns how many aggregates were published
 * @throws EventLogError `writer_fenced` while the service runs, or when it was started meanwhile; `log_unavailable`
 */
export const republishState = async <State, Command, Change extends { readonly type: EventType }>(
  definition: AggregateDefinition<State, Command, Change>,
  { store, log, leases, clock }: RepublishDeps<State>,
): Promise<number> => {
  const { name } = store.outbox;
  let lease: Lease | undefined = await leases?.acquire(name, owner, leaseMs);
  if (leases !== undefined && lease === undefined) {
    throw new EventLogError('writer_fenced', `${name} is sending: stop its service, then wait half a minute`);
  }
  const writer = await log.openWriter(name);
  try {
    let published = 0;
    let cursor: string | undefined;
    do {
      const { items, nextCursor } = await store.list({ limit: page, cursor });
      const records: readonly LogRecord[] = items.flatMap(({ id, version, state }) =>
        (definition.stateRecords?.({ id, version, at: clock.now(), state, traceparent: undefined }) ?? [])
          .filter(({ sendAfter }) => sendAfter === undefined)
          .map(({ record }) => record),
      );
      if (lease !== undefined) {
        lease = await leases?.renew(lease, leaseMs);
        if (lease === undefined) throw new EventLogError('writer_fenced', `${name} was taken over meanwhile`);
      }
      if (records.length > 0) await writer.append(records);
      published += items.length;
      cursor = nextCursor;
    } while (cursor !== undefined);
    return published;
  } finally {
    await writer.close();
    if (lease !== undefined) await leases?.release(lease);
  }
};
