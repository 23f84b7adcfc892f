import { type Static, type TSchema, Type } from 'typebox';
import { Administrator, ApiKey } from './access.ts';
import { Change } from './audit.ts';
import { Connector } from './connector.ts';
import { AdministratorId, ApiKeyId, AttemptId, ConnectorId, SessionId, Time, UserId, Version } from './primitives.ts';
import { User, UserState } from './user.ts';

// Schemas only grow by optional members, so they are open: a consumer of today reads the facts of tomorrow.
const Open = Type.Object;

export const aggregates = ['connector', 'user', 'login', 'session', 'administrator', 'api-key'] as const;
export type Aggregate = (typeof aggregates)[number];

const ConnectorNamed = Open({ connectorId: ConnectorId, reference: Type.String() });
const UserNamed = Open({ userId: UserId });
const LinkNamed = Open({
  userId: UserId,
  username: Type.String(),
  connectorId: ConnectorId,
  connectorReference: Type.String(),
});
const SubjectNamed = Open({ userId: UserId, connectorId: ConnectorId, reason: Type.Optional(Type.String()) });
const SessionNamed = Open({
  sessionId: SessionId,
  userId: UserId,
  connectorId: ConnectorId,
  reason: Type.Optional(Type.String()),
});

const eventType = <const Of extends Aggregate, Data extends TSchema>(aggregate: Of, data: Data) => ({
  aggregate,
  data,
});

/** Every fact that is published, by its plain name: the aggregate whose log it is on, and the schema of its data. */
export const eventTypes = {
  'connector.created': eventType('connector', Open({ connector: Connector })),
  'connector.updated': eventType('connector', Open({ connector: Connector, changed: Type.Array(Change) })),
  'connector.enabled': eventType('connector', ConnectorNamed),
  'connector.disabled': eventType('connector', ConnectorNamed),
  'connector.deleted': eventType('connector', ConnectorNamed),
  'user.created': eventType('user', Open({ user: User })),
  'user.updated': eventType('user', Open({ user: User, changed: Type.Array(Change) })),
  'user.suspended': eventType('user', UserNamed),
  'user.reactivated': eventType('user', UserNamed),
  'user.deleted': eventType('user', UserNamed),
  'user.linked': eventType('user', LinkNamed),
  'user.unlinked': eventType('user', LinkNamed),
  'user.subject.bound': eventType('user', SubjectNamed),
  'user.subject.freed': eventType('user', SubjectNamed),
  'login.succeeded': eventType(
    'login',
    Open({
      attemptId: AttemptId,
      connectorId: ConnectorId,
      connectorVersion: Version,
      userId: UserId,
      method: Type.Literal('SAML_V2'),
      /** `expired_certificate`: signed by a pinned key whose certificate has run out. */
      warnings: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  'login.failed': eventType(
    'login',
    Open({
      attemptId: AttemptId,
      connectorId: ConnectorId,
      code: Type.String(),
      reference: Type.String(),
      /** For administrators: expected and seen; never an assertion. */
      detail: Type.Optional(Type.String()),
    }),
  ),
  'session.started': eventType('session', SessionNamed),
  'session.revoked': eventType('session', SessionNamed),
  'administrator.created': eventType('administrator', Open({ administrator: Administrator })),
  'administrator.deleted': eventType(
    'administrator',
    Open({ administratorId: AdministratorId, username: Type.String() }),
  ),
  'administrator.signed-in': eventType(
    'administrator',
    Open({ administratorId: AdministratorId, username: Type.String() }),
  ),
  'administrator.sign-in-refused': eventType(
    'administrator',
    Open({ administratorId: AdministratorId, username: Type.String() }),
  ),
  'api-key.created': eventType('api-key', Open({ apiKey: ApiKey })),
  'api-key.deleted': eventType('api-key', Open({ apiKeyId: ApiKeyId, name: Type.String() })),
} as const satisfies Record<string, { readonly aggregate: Aggregate; readonly data: TSchema }>;

export type EventType = keyof typeof eventTypes;
export type EventData<T extends EventType> = Static<(typeof eventTypes)[T]['data']>;

export const sources = {
  connectorRegistry: '/gatehouse/connector-registry',
  userDirectory: '/gatehouse/user-directory',
  authGateway: '/gatehouse/auth-gateway',
} as const;
export type Source = (typeof sources)[keyof typeof sources];

/** A fact: something that has happened, in CloudEvents 1.0 terms. */
export interface Fact<T extends EventType = EventType> {
  readonly id: string;
  readonly source: string;
  readonly type: T;
  /** The aggregate's id. */
  readonly subject: string;
  /** ISO 8601. */
  readonly time: string;
  /** The aggregate's version after this fact; facts of one aggregate count 1, 2, 3 … without gaps. */
  readonly sequence: number;
  readonly actor: string;
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string | undefined;
  readonly data: EventData<T>;
}

/** `Fact` as a union told apart by `type`. */
export type AnyFact = { [T in EventType]: Fact<T> }[EventType];

const deleted = Open({ deleted: Type.Literal(true), version: Version, deletedAt: Time });

/** Value of `gatehouse.connector.state` and `gatehouse.user.state`: the full current state and its version. */
export const ConnectorStateRecord = Type.Union([Open({ version: Version, connector: Connector }), deleted]);
export type ConnectorStateRecord = Static<typeof ConnectorStateRecord>;
export const UserStateRecord = Type.Union([Open({ version: Version, ...UserState.properties }), deleted]);
export type UserStateRecord = Static<typeof UserStateRecord>;
