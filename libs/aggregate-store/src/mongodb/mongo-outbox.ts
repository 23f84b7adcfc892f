import type { Clock } from '@gatehouse/contracts';
import type { LogRecord, Outbox, OutboxEntry } from '@gatehouse/event-log';
import type { AnyBulkWriteOperation } from 'mongoose';
import type { MongoDatabase } from './mongo-database.ts';
import type { AggregateDocument, OutboxItem, StoreModels } from './schema.ts';

export interface MongoOutbox extends Outbox {
  /** After a save was acknowledged: wakes the relay of this process. */
  committed(): void;
}

interface MongoOutboxOptions {
  readonly kind: string;
  readonly name: string;
  readonly clock: Clock;
}

type Waiting = Pick<AggregateDocument, '_id' | 'id' | 'outbox'>;

export const toItem = (id: string, record: LogRecord, due: number): OutboxItem => ({
  id,
  due,
  topic: record.topic,
  key: record.key,
  headers: JSON.stringify(record.headers),
  ...(record.value === undefined ? {} : { value: record.value }),
});

const toEntry = (aggregateId: string, { id, topic, key, headers, value }: OutboxItem): OutboxEntry => ({
  position: `${id} ${aggregateId}`,
  aggregateId,
  record: { topic, key, headers: JSON.parse(headers) as Readonly<Record<string, string>>, value },
});

/** Items by aggregate, of positions made by `toEntry`. */
const byAggregate = (positions: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const position of positions) {
    const cut = position.indexOf(' ');
    const aggregateId = position.slice(cut + 1);
    const items = found.get(aggregateId) ?? [];
    items.push(position.slice(0, cut));
    found.set(aggregateId, items);
  }
  return found;
};

/** How many records stand before the first one that is not due: it holds back all behind it. */
const dueLength = (now: number) => ({
  $reduce: {
    input: '$outbox',
    initialValue: { open: true, length: 0 },
    in: {
      $cond: [
        { $and: ['$$value.open', { $lte: ['$$this.due', now] }] },
        { open: true, length: { $add: ['$$value.length', 1] } },
        { open: false, length: '$$value.length' },
      ],
    },
  },
});

const isEmpty = { 'outbox.0': { $exists: false } } as const;

/** Takes aggregates with nothing left to send out of the queue; what was deleted goes away with its last record. */
const leaveQueue = (ids: readonly string[]): AnyBulkWriteOperation<AggregateDocument>[] => [
  {
    updateMany: {
      filter: { _id: { $in: [...ids] }, ...isEmpty, state: { $exists: true } },
      update: { $unset: { waiting: 1 } },
    },
  },
  { deleteMany: { filter: { _id: { $in: [...ids] }, ...isEmpty, state: { $exists: false } } } },
];

/**
 * The outbox inside the documents of one kind. Aggregates with waiting records queue by `waiting.since`, so that the one
 * that has waited longest is sent first; one of which only a part was sent goes to the end of the queue. A place in the
 * queue may be wrong in one way only, too early, and is then put right by whoever reads it.
 */
export const mongoOutbox = (database: MongoDatabase, { kind, name, clock }: MongoOutboxOptions): MongoOutbox => {
  const listeners = new Set<() => void>();

  const collect = async ({ aggregates }: StoreModels, limit: number, now: number) => {
    const entries: OutboxEntry[] = [];
    const idle: string[] = [];
    const early: AnyBulkWriteOperation<AggregateDocument>[] = [];
    // The server sends at most 16 MiB at once, whatever the documents hold.
    const queue = aggregates
      .find({ 'waiting.kind': kind, 'waiting.since': { $lte: now } })
      .sort({ 'waiting.since': 1, 'waiting.id': 1 })
      .limit(limit)
      .select({ id: 1, outbox: { $slice: limit } })
      .batchSize(limit)
      .lean<Waiting[]>()
      .cursor();
    for await (const { _id, id, outbox = [] } of queue as AsyncIterable<Waiting>) {
      const [first] = outbox;
      if (first === undefined) idle.push(_id);
      else if (first.due > now) {
        // Only while this record is the first: a record that was sent meanwhile may uncover one that is due.
        const filter = { _id, 'outbox.0.id': first.id };
        early.push({ updateOne: { filter, update: { $set: { 'waiting.since': first.due } } } });
      }
      for (const item of outbox) {
        if (item.due > now || entries.length === limit) break;
        entries.push(toEntry(id, item));
      }
      if (entries.length === limit) break;
    }
    const repairs = [...early, ...(idle.length === 0 ? [] : leaveQueue(idle))];
    if (repairs.length > 0) await aggregates.bulkWrite(repairs, { ordered: true });
    return { entries, repaired: repairs.length > 0 };
  };

  return {
    name,
    async pending(limit) {
      for (;;) {
        const now = clock.now();
        const { entries, repaired } = await database.run((models) => collect(models, limit, now));
        // Places that were wrong may have hidden those behind them.
        if (entries.length > 0 || !repaired) return entries;
      }
    },
    async markSent(positions) {
      if (positions.length === 0) return;
      const sent = [...byAggregate(positions)];
      const now = clock.now();
      const pulls = sent.map(([id, items]) => ({
        updateOne: {
          filter: { _id: `${kind}/${id}` },
          update: { $pull: { outbox: { id: { $in: [...items] } } }, $set: { 'waiting.since': now } },
        },
      }));
      // One without records is out of the queue again before the request ends, also when it was marked before.
      const left = leaveQueue(sent.map(([id]) => `${kind}/${id}`));
      await database.run(({ aggregates }) => aggregates.bulkWrite([...pulls, ...left], { ordered: true }));
    },
    async depth() {
      const now = clock.now();
      const counted = await database.run(({ aggregates }) =>
        aggregates.aggregate<{ readonly records: number }>([
          { $match: { 'waiting.kind': kind, 'waiting.since': { $lte: now } } },
          { $project: { due: dueLength(now) } },
          { $group: { _id: null, records: { $sum: '$due.length' } } },
        ]),
      );
      return counted[0]?.records ?? 0;
    },
    onAppended(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    committed() {
      for (const listener of listeners) listener();
    },
  };
};
