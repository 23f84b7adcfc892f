import {
  Administrator,
  ApiKey,
  CertificateDetail,
  Change,
  Connector,
  ConnectorStateRecord,
  connectorStateTopic,
  type EventType,
  eventTypes,
  factsTopic,
  SamlSettings,
  type TopicDefinition,
  tombstoneDelayMs,
  topics,
  User,
  UserLink,
  UserStateRecord,
  userStateTopic,
} from '@gatehouse/contracts';
import { goldenSamples } from '@gatehouse/contracts/golden';

/** The document, or a part of it, as it is written down. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
interface JsonObject {
  readonly [name: string]: Json;
}

const day = 86_400_000;

/** What each fact says, in one sentence. Total: a new type does not compile until it has one. */
const summaries: Readonly<Record<EventType, string>> = {
  'connector.created': 'A connector was created; it is enabled.',
  'connector.updated': 'A connector was changed; `changed` lists each changed member, secrets as `•••`.',
  'connector.enabled': 'A connector can be used for logins again.',
  'connector.disabled': 'A connector lets nobody in any more; its sessions have ended.',
  'connector.deleted': 'A connector is gone; its users are unlinked by facts of their own.',
  'user.created': 'A user was created; he is linked to no connector yet.',
  'user.updated': 'A user was changed.',
  'user.suspended': 'A user cannot sign in any more; his sessions have ended.',
  'user.reactivated': 'A suspended user can sign in again.',
  'user.deleted': 'A user is gone.',
  'user.linked': 'A user may sign in through a connector from now on.',
  'user.unlinked': 'A user may not sign in through a connector any more.',
  'user.subject.bound': 'The identity provider’s subject is bound to the link, by the first login through it.',
  'user.subject.freed': 'The bound subject is forgotten; the next login binds anew.',
  'login.succeeded': 'Somebody has proved at the identity provider who he is, and a session has started.',
  'login.failed': 'An answer to a live attempt of the same browser was refused; `code` says why.',
  'session.started': 'A session has started.',
  'session.revoked': 'A session has ended before its time.',
  'administrator.created': 'An administrator was created.',
  'administrator.deleted': 'An administrator is gone.',
  'administrator.signed-in': 'An administrator has signed in to the console.',
  'administrator.sign-in-refused': 'A sign-in of an administrator was refused.',
  'api-key.created': 'An API key was made.',
  'api-key.deleted': 'An API key is gone.',
};

const entities: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Administrator, 'Administrator'],
  [ApiKey, 'ApiKey'],
  [CertificateDetail, 'CertificateDetail'],
  [Change, 'Change'],
  [Connector, 'Connector'],
  [SamlSettings, 'SamlSettings'],
  [User, 'User'],
  [UserLink, 'UserLink'],
]);

const schemaRef = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/**
 * A schema as readers must apply it: objects are open, because members may be added (what we accept is closed, what we
 * publish is not). Entities become references, except the one that is being written.
 */
const forReaders = (schema: unknown, writing?: unknown): Json => {
  const entity = schema === writing ? undefined : entities.get(schema);
  if (entity !== undefined) return schemaRef(entity);
  if (Array.isArray(schema)) return schema.map((item: unknown) => forReaders(item));
  if (typeof schema !== 'object' || schema === null) return schema as Json;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => !(name === 'additionalProperties' && value === false))
      .map(([name, value]) => [name, forReaders(value)]),
  );
};

const text = (description: string, more: JsonObject = {}): JsonObject => ({ type: 'string', description, ...more });

const commonHeaders = {
  ce_specversion: text('CloudEvents', { const: '1.0' }),
  ce_id: text('Unique among the events of a source. A repeat keeps it.'),
  ce_source: text('The service that says so.', { pattern: '^/gatehouse/[a-z-]+$' }),
  ce_type: text('What has happened, or which kind of state this is.'),
  ce_subject: text('The aggregate’s id; equal to the key.'),
  ce_sequence: text('The aggregate’s version, in decimal.', { pattern: '^[1-9][0-9]*$' }),
  ce_traceparent: text('W3C trace context of the request that caused it.'),
  'content-type': text('Of the value.', { const: 'application/json' }),
};

const headerSchemas: JsonObject = {
  FactHeaders: {
    type: 'object',
    description:
      'CloudEvents 1.0 in binary mode. `ce_sequence` counts the facts of one aggregate 1, 2, 3 … without gaps.',
    required: [
      ...['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_subject', 'ce_time', 'ce_sequence', 'ce_actor'],
      'content-type',
    ],
    properties: {
      ...commonHeaders,
      ce_time: text('RFC 3339, UTC.', { format: 'date-time' }),
      ce_actor: text('`administrator/adm_…`, `api-key/key_…`, `user/usr_…` or `system/…`.'),
    },
  },
  StateHeaders: {
    type: 'object',
    description:
      'CloudEvents 1.0 in binary mode. `ce_sequence` is the version of the state; it skips, because only the newest record of a key is kept. A tombstone has none.',
    required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_subject', 'content-type'],
    properties: commonHeaders,
  },
};

const samples = goldenSamples();

const examplesOf = (names: readonly string[]): JsonObject => {
  const examples = names.flatMap((name) => samples.filter((sample) => sample.name.endsWith(`/${name}`)));
  if (examples.length === 0) return {};
  return {
    examples: examples.map(({ name, headers, value }) => ({ name, headers, payload: value as Json })),
  };
};

const keyBinding = (what: string): JsonObject => ({
  kafka: { key: { type: 'string', description: `The ${what}’s id.` }, bindingVersion: '0.5.0' },
});

const headersWith = (base: string, type: string): JsonObject => ({
  allOf: [schemaRef(base), { type: 'object', properties: { ce_type: { type: 'string', const: type } } }],
});

const factMessage = (type: EventType): JsonObject => ({
  name: type,
  summary: summaries[type],
  contentType: 'application/json',
  headers: headersWith('FactHeaders', type),
  payload: forReaders(eventTypes[type].data),
  bindings: keyBinding(eventTypes[type].aggregate),
  ...examplesOf([type]),
});

const stateMessages = (kind: 'connector' | 'user', record: unknown): Readonly<Record<string, JsonObject>> => {
  const type = `${kind}.state`;
  const common = { name: type, headers: headersWith('StateHeaders', type), bindings: keyBinding(kind) };
  return {
    [type]: {
      ...common,
      summary: `A ${kind}’s full state in its newest version, or that it was deleted: \`{ deleted: true }\`.`,
      contentType: 'application/json',
      payload: forReaders(record),
      ...examplesOf([type, `${type}.deleted`]),
    },
    [`${type}.tombstone`]: {
      ...common,
      summary: `No value: forget the key. Follows the deletion after ${tombstoneDelayMs / 3_600_000} hours; the version is no longer said.`,
      payload: { type: 'null' },
    },
  };
};

const typesOn = (topic: string): readonly EventType[] =>
  (Object.keys(eventTypes) as EventType[]).filter((type) => factsTopic(eventTypes[type].aggregate) === topic);

/** The messages of a topic by name; none for a topic that is not for other services. */
const messagesOn = (topic: string): Readonly<Record<string, JsonObject>> => {
  if (topic === connectorStateTopic) return stateMessages('connector', ConnectorStateRecord);
  if (topic === userStateTopic) return stateMessages('user', UserStateRecord);
  return Object.fromEntries(typesOn(topic).map((type) => [type, factMessage(type)]));
};

/** `gatehouse.connector.events` → `connector.events`, the name of the channel. */
const channelName = ({ name }: TopicDefinition): string => name.replace(/^gatehouse\./, '');

const channel = (topic: TopicDefinition): JsonObject => {
  const isState = topic.cleanup === 'compact';
  const days = topic.retentionMs / day;
  const names = Object.keys(messagesOn(topic.name));
  return {
    address: topic.name,
    description: isState
      ? `Current state by key, compacted: the newest record of each key stays for ever, tombstones for ${days} days. Build views from it, from the start.`
      : `Facts in the order of each key, kept for ${days} days. Integrate and audit from it.`,
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        topicConfiguration: isState
          ? { 'cleanup.policy': ['compact'], 'delete.retention.ms': topic.retentionMs }
          : { 'cleanup.policy': ['delete'], 'retention.ms': topic.retentionMs },
        bindingVersion: '0.5.0',
      },
    },
  };
};

/**
 * The AsyncAPI 3.0 document of what Gatehouse publishes, made from the schemas, topics and golden samples of the
 * contracts. @param version of the product
 */
export const asyncapiDocument = (version: string): JsonObject => {
  const published = topics.filter(({ name }) => Object.keys(messagesOn(name)).length > 0);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Gatehouse events',
      version,
      description:
        'What has happened (facts) and what is (state), for other services of the same platform. The greater `ce_sequence` of a key wins; pass over types and members that you do not know; deletions are first `{ deleted: true }`, then a tombstone. No secret, assertion, token or identity provider’s subject is ever published. An installation may have a prefix before every topic name (`GATEHOUSE_KAFKA_PREFIX`).',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      platform: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'The platform’s Kafka. Read committed: the publishers use transactions.',
        variables: { brokers: { description: 'Bootstrap addresses.', default: 'kafka:9092' } },
      },
    },
    channels: Object.fromEntries(published.map((topic) => [channelName(topic), channel(topic)])),
    operations: Object.fromEntries(
      published.map((topic) => [
        `publish.${channelName(topic)}`,
        { action: 'send', channel: { $ref: `#/channels/${channelName(topic)}` } },
      ]),
    ),
    components: {
      messages: Object.assign({}, ...published.map(({ name }) => messagesOn(name))) as JsonObject,
      schemas: {
        ...headerSchemas,
        ...Object.fromEntries([...entities].map(([schema, name]) => [name, forReaders(schema, schema)])),
      },
    },
  };
};
