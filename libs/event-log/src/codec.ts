import {
  type Aggregate,
  type AnyFact,
  aggregates,
  ConnectorStateRecord,
  connectorStateTopic,
  type EventType,
  eventTypes,
  factsTopic,
  matches,
  sources,
  UserStateRecord,
  userStateTopic,
} from '@gatehouse/contracts';
import type { Message } from './consumer.ts';
import type { LogRecord, StoredRecord } from './event-log.ts';

const contentType = 'application/json';
const specVersion = '1.0';

/** The CloudEvents types of the compacted topics. */
export const stateTypes = { connector: 'connector.state', user: 'user.state' } as const;

/** Where a record comes from, for those who follow a request through the events that it caused. */
export interface RecordContext {
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
}

const traceHeader = (traceparent: string | undefined): Readonly<Record<string, string>> =>
  traceparent === undefined ? {} : { ce_traceparent: traceparent };

/**
 * A fact as a record: CloudEvents 1.0 in binary mode of the Kafka protocol binding (attributes as `ce_*` headers, the
 * value is the data), with the extensions `sequence`, `actor` and `traceparent` (Distributed Tracing).
 */
export const encodeFact = (fact: AnyFact): LogRecord => ({
  topic: factsTopic(eventTypes[fact.type].aggregate),
  key: fact.subject,
  value: JSON.stringify(fact.data),
  headers: {
    'content-type': contentType,
    ce_specversion: specVersion,
    ce_id: fact.id,
    ce_source: fact.source,
    ce_type: fact.type,
    ce_subject: fact.subject,
    ce_time: fact.time,
    ce_sequence: String(fact.sequence),
    ce_actor: fact.actor,
    ...traceHeader(fact.traceparent),
  },
});

const encodeState = (
  topic: string,
  type: string,
  source: string,
  key: string,
  record: { readonly version: number } | undefined,
  context: RecordContext,
): LogRecord => ({
  topic,
  key,
  value: record === undefined ? undefined : JSON.stringify(record),
  headers: {
    'content-type': contentType,
    ce_specversion: specVersion,
    ce_id: record === undefined ? `${key}:tombstone` : `${key}:${record.version}`,
    ce_source: source,
    ce_type: type,
    ce_subject: key,
    ...(record === undefined ? {} : { ce_sequence: String(record.version) }),
    ...traceHeader(context.traceparent),
  },
});

/** The connector's full state for the compacted topic; `record` of undefined is the tombstone that follows a deletion. */
export const encodeConnectorState = (
  connectorId: string,
  record: ConnectorStateRecord | undefined,
  context: RecordContext = {},
): LogRecord =>
  encodeState(connectorStateTopic, stateTypes.connector, sources.connectorRegistry, connectorId, record, context);

/** The user's full state for the compacted topic; `record` of undefined is the tombstone that follows a deletion. */
export const encodeUserState = (
  userId: string,
  record: UserStateRecord | undefined,
  context: RecordContext = {},
): LogRecord => encodeState(userStateTopic, stateTypes.user, sources.userDirectory, userId, record, context);

/** `unknown`: of a type that came later than this program, to be passed over. `malformed`: a known type that breaks its schema. */
export type Unreadable =
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

const unknown = (reason: string): Unreadable => ({ kind: 'unknown', reason });
const malformed = (reason: string): Unreadable => ({ kind: 'malformed', reason });

type AnySchema = Parameters<typeof matches>[0];

const opened = new WeakMap<object, object>();

/** The schema without its closed objects: whoever reads passes over members that were added after it was written. */
const asReader = <Schema extends AnySchema>(schema: Schema): Schema => {
  const open = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(open);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node)
        .filter(([name, value]) => !(name === 'additionalProperties' && value === false))
        .map(([name, value]) => [name, open(value)]),
    );
  };
  const known = opened.get(schema);
  if (known !== undefined) return known as Schema;
  const made = open(schema) as Schema;
  opened.set(schema, made);
  return made;
};

const aggregateOfTopic: ReadonlyMap<string, Aggregate> = new Map(
  aggregates.map((aggregate) => [factsTopic(aggregate), aggregate]),
);

const isEventType = (type: string): type is EventType => Object.hasOwn(eventTypes, type);

const parseJson = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

const placeOf = ({ topic, partition, offset, key }: StoredRecord) => ({ topic, partition, offset, key });

const decodeFact = (stored: StoredRecord, aggregate: Aggregate): Message | Unreadable => {
  const { ce_id: id, ce_source: source, ce_type: type, ce_subject: subject, ce_time: time } = stored.headers;
  const { ce_sequence: sequenceText, ce_actor: actor, ce_traceparent: traceparent } = stored.headers;
  if (type === undefined) return malformed('ce_type is missing');
  if (!isEventType(type)) return unknown(`unknown type ${type}`);
  if (eventTypes[type].aggregate !== aggregate) return malformed(`${type} does not belong on this topic`);
  if (!id || !source || !actor || !time || Number.isNaN(Date.parse(time))) {
    return malformed('ce_id, ce_source, ce_actor or ce_time is missing or wrong');
  }
  if (subject !== stored.key) return malformed('ce_subject is not the key');
  const sequence = Number(sequenceText);
  if (!Number.isSafeInteger(sequence) || sequence < 1) return malformed('ce_sequence is not a positive integer');
  const data = stored.value === undefined ? undefined : parseJson(stored.value);
  if (data === undefined) return malformed('the value is not JSON');
  if (!matches(asReader(eventTypes[type].data), data.value)) return malformed(`the data does not fit ${type}`);
  const envelope = { id, source, type, subject, time, sequence, actor, data: data.value };
  // The schema of `type` was just checked against `data`; the union over all types cannot follow that.
  const fact = (traceparent === undefined ? envelope : { ...envelope, traceparent }) as AnyFact;
  return { ...placeOf(stored), kind: 'fact', fact };
};

const decodeStateValue = <Schema extends AnySchema>(stored: StoredRecord, type: string, schema: Schema) => {
  const given = stored.headers.ce_type;
  if (given === undefined) return malformed('ce_type is missing');
  if (given !== type) return unknown(`unknown type ${given}`);
  if (stored.value === undefined) return { record: undefined };
  const parsed = parseJson(stored.value);
  if (parsed === undefined) return malformed('the value is not JSON');
  const reader = asReader(schema);
  return matches(reader, parsed.value) ? { record: parsed.value } : malformed(`the value does not fit ${type}`);
};

/** The message in a stored record, checked against the schemas of `libs/contracts`. */
export const decodeRecord = (stored: StoredRecord): Message | Unreadable => {
  if (stored.headers.ce_specversion !== specVersion) return malformed('ce_specversion is not 1.0');
  const aggregate = aggregateOfTopic.get(stored.topic);
  if (aggregate !== undefined) return decodeFact(stored, aggregate);
  if (stored.topic === connectorStateTopic) {
    const decoded = decodeStateValue(stored, stateTypes.connector, ConnectorStateRecord);
    return 'kind' in decoded ? decoded : { ...placeOf(stored), kind: 'connector-state', record: decoded.record };
  }
  if (stored.topic === userStateTopic) {
    const decoded = decodeStateValue(stored, stateTypes.user, UserStateRecord);
    return 'kind' in decoded ? decoded : { ...placeOf(stored), kind: 'user-state', record: decoded.record };
  }
  return unknown(`unknown topic ${stored.topic}`);
};
