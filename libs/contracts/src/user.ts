import { type Static, Type } from 'typebox';
import { Closed, ConnectorId, Time, UserId, Version } from './primitives.ts';

export const userStatuses = ['active', 'suspended'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** A user as the API answers it. `username` is an e-mail address in its canonical form (`canonicalEmail`). */
export const User = Closed({
  id: UserId,
  username: Type.String({ minLength: 3, maxLength: 254 }),
  displayName: Type.String({ maxLength: 200 }),
  status: Type.Enum(userStatuses),
  version: Version,
  createdAt: Time,
  updatedAt: Time,
});
export type User = Static<typeof User>;

/** Body of `POST /api/users`. */
export const NewUser = Closed({ username: Type.String(), displayName: Type.Optional(Type.String()) });
export type NewUser = Static<typeof NewUser>;

/** Body of `PATCH /api/users/:id` (JSON Merge Patch). `displayName: null` empties it. */
export const UserPatch = Closed({
  username: Type.Optional(Type.String()),
  displayName: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type UserPatch = Static<typeof UserPatch>;

/** An item of `GET /api/users/:id/connectors`. */
export const UserConnector = Closed({
  connectorId: ConnectorId,
  reference: Type.String(),
  name: Type.String(),
  linkedAt: Time,
  lastLoginAt: Type.Optional(Time),
  /** Whether an identity provider's subject is bound to the link. */
  bound: Type.Boolean(),
});
export type UserConnector = Static<typeof UserConnector>;

/**
 * A link inside `gatehouse.user.state`. The subject itself is never published: `subjectDigest` is SHA-256 over
 * connector, issuer and subject (`subjectDigest`), enough to find the user again and to notice another subject.
 */
export const UserLink = Closed({
  connectorId: ConnectorId,
  linkedAt: Time,
  subjectDigest: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
});
export type UserLink = Static<typeof UserLink>;

export const UserState = Closed({ user: User, links: Type.Array(UserLink) });
export type UserState = Static<typeof UserState>;
