import { type Connection, type Model, Schema } from 'mongoose';

/** A record that waits to be sent, inside the aggregate that it tells of. */
export interface OutboxItem {
  /** Never used twice, so that a mark that comes late hits no other record. */
  readonly id: string;
  /** Epoch milliseconds before which it is not sent. */
  readonly due: number;
  readonly topic: string;
  readonly key: string;
  /** JSON text: names of headers are no field names. */
  readonly headers: string;
  readonly value?: string;
}

/** Without `state` it was deleted, and stays until its outbox is empty. */
export interface AggregateDocument {
  /** `<kind>/<id>` */
  readonly _id: string;
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** Names the save that made this version; tells a save without an answer whether it was carried out. */
  readonly savedBy: string;
  /** JSON text: what comes back is what went in, whatever its keys are called. */
  readonly state?: string;
  readonly sort?: string;
  readonly text?: string;
  /** `<kind>/<name>=<value>` */
  readonly filters?: string[];
  /** `<kind>/<index>=<key>` */
  readonly unique?: string[];
  readonly outbox: OutboxItem[];
  /** The place in the queue of aggregates that have something to send. An index sees only documents that have it. */
  readonly waiting?: { readonly kind: string; readonly since: number; readonly id: string };
}

/** Without `row` it was deleted at a revision. */
export interface ViewDocument {
  /** `<view>/<key>` */
  readonly _id: string;
  readonly view: string;
  readonly key: string;
  readonly sort: string;
  readonly revision?: number;
  /** JSON text. */
  readonly row?: string;
  /** `<view>/<tag>=<value>` */
  readonly tags?: string[];
  /** `<consumer>/<topic>/<partition>` */
  readonly source?: string;
}

export interface PositionDocument {
  /** `<consumer>/<topic>/<partition>` */
  readonly _id: string;
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly next?: number;
  /** Views whose rows of this source are being thrown away. */
  readonly resetting?: string[];
}

export interface LeaseDocument {
  readonly _id: string;
  readonly owner?: string;
  readonly fence: number;
  readonly expiresAt: number;
}

export interface HeartbeatDocument {
  readonly _id: string;
  readonly checkedAt: number;
}

export interface StoreModels {
  readonly aggregates: Model<AggregateDocument>;
  readonly rows: Model<ViewDocument>;
  readonly positions: Model<PositionDocument>;
  readonly leases: Model<LeaseDocument>;
  readonly heartbeats: Model<HeartbeatDocument>;
}

/** Arrays that are absent stay absent: a sparse index leaves out what has no field, not what has an empty one. */
const texts = { type: [String], default: undefined };
const plain = { _id: false, versionKey: false } as const;
const documents = { versionKey: false, minimize: false, strict: 'throw', strictQuery: 'throw', id: false } as const;

const outboxItem = new Schema<OutboxItem>(
  { id: String, due: Number, topic: String, key: String, headers: String, value: String },
  { ...plain, id: false },
);
const waiting = new Schema({ kind: String, since: Number, id: String }, { ...plain, id: false });

const aggregate = new Schema<AggregateDocument>(
  {
    _id: String,
    kind: String,
    id: String,
    version: Number,
    savedBy: String,
    state: String,
    sort: String,
    text: String,
    filters: texts,
    unique: texts,
    outbox: { type: [outboxItem], default: undefined },
    waiting: { type: waiting, default: undefined },
  },
  documents,
)
  // One index over the keys of all kinds: a new kind of aggregate needs no new index, and no key is ever unguarded.
  .index({ unique: 1 }, { name: 'unique_keys', unique: true, sparse: true })
  .index({ 'waiting.kind': 1, 'waiting.since': 1, 'waiting.id': 1 }, { name: 'waiting', sparse: true })
  .index({ kind: 1, sort: 1, _id: 1, text: 1 }, { name: 'listed' })
  .index({ filters: 1, sort: 1, _id: 1 }, { name: 'filtered' });

const viewRow = new Schema<ViewDocument>(
  {
    _id: String,
    view: String,
    key: String,
    sort: String,
    revision: Number,
    row: String,
    tags: texts,
    source: String,
  },
  documents,
)
  .index({ view: 1, sort: 1, _id: 1 }, { name: 'listed' })
  .index({ tags: 1, sort: 1, _id: 1 }, { name: 'tagged' })
  .index({ source: 1 }, { name: 'sourced', sparse: true });

const position = new Schema<PositionDocument>(
  { _id: String, consumer: String, topic: String, partition: Number, next: Number, resetting: texts },
  documents,
).index({ consumer: 1 }, { name: 'by_consumer' });

const lease = new Schema<LeaseDocument>({ _id: String, owner: String, fence: Number, expiresAt: Number }, documents);
const heartbeat = new Schema<HeartbeatDocument>({ _id: String, checkedAt: Number }, documents);

/** What the server itself gives up when it takes too long, so that abandoned work ends there too. */
const bounded = ['find', 'findOne', 'findOneAndUpdate', 'countDocuments', 'updateMany', 'deleteMany'] as const;

/**
 * The collections of one service, `<name>.aggregates` and so on.
 * @param maxTimeMs what the server may spend on one query
 */
export const storeModels = (connection: Connection, name: string, maxTimeMs: number): StoreModels => {
  const model = <T>(collection: string, shared: Schema<T>): Model<T> => {
    const schema = shared.clone();
    schema.pre([...bounded], function bound() {
      this.setOptions({ maxTimeMS: maxTimeMs });
    });
    schema.pre('aggregate', function bound() {
      this.option({ maxTimeMS: maxTimeMs });
    });
    return connection.model<T>(collection, schema as Schema<T>, `${name}.${collection}`);
  };
  return {
    aggregates: model('aggregates', aggregate),
    rows: model('view_rows', viewRow),
    positions: model('view_positions', position),
    leases: model('leases', lease),
    heartbeats: model('heartbeats', heartbeat),
  };
};

/** `connector/reference=corp`: keys, filters and tags of all kinds and views share their indexes. */
export const labelled = (owner: string, name: string, value: string): string => {
  if (name.includes('=')) throw new RangeError(`a name may not contain "=": ${name}`);
  return `${owner}/${name}=${value}`;
};

/** The `name` of a text made by `labelled`. */
export const nameIn = (text: string): string => text.slice(text.indexOf('/') + 1, text.indexOf('='));

/** Kinds and views begin identifiers, up to a slash. */
export const ownerName = (name: string): string => {
  if (!/^[\w.-]+$/.test(name)) throw new RangeError(`not the name of a kind or view: ${name}`);
  return name;
};
