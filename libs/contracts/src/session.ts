import { type Static, Type } from 'typebox';
import { Closed, ConnectorId, SessionId, Time, UserId } from './primitives.ts';

const SessionUser = Closed({ id: UserId, username: Type.String(), displayName: Type.String() });
const SessionConnector = Closed({ id: ConnectorId, reference: Type.String(), name: Type.String() });

/** Answer of `GET /api/session`: the signed-in user's own view. */
export const OwnSession = Closed({ user: SessionUser, connector: SessionConnector, startedAt: Time, expiresAt: Time });
export type OwnSession = Static<typeof OwnSession>;

/** An item of `GET /api/sessions`: an administrator's view. */
export const Session = Closed({
  id: SessionId,
  user: SessionUser,
  connector: SessionConnector,
  startedAt: Time,
  lastSeenAt: Time,
  expiresAt: Time,
  userAgent: Type.Optional(Type.String()),
});
export type Session = Static<typeof Session>;

/** Body of `POST /api/sessions/revoke`: all sessions of a user, of a connector, or of a user through a connector. */
export const RevokeSessions = Closed({ user: Type.Optional(UserId), connector: Type.Optional(ConnectorId) });
export type RevokeSessions = Static<typeof RevokeSessions>;
export const RevokedSessions = Closed({ revoked: Type.Integer({ minimum: 0 }) });

export const TokenRequest = Closed({ audience: Type.Optional(Type.String({ maxLength: 1024 })) });
export const TokenAnswer = Closed({ token: Type.String(), expiresAt: Time });
export type TokenAnswer = Static<typeof TokenAnswer>;

/** Body of `POST /api/session/redeem` (internal port). */
export const RedeemRequest = Closed({
  code: Type.String({ maxLength: 256 }),
  origin: Type.Optional(Type.String({ maxLength: 1024 })),
});
/** Body of `POST /api/session/introspect` (internal port): a session's JWT. */
export const IntrospectRequest = Closed({ token: Type.String({ maxLength: 8192 }) });
export const Introspection = Closed({
  active: Type.Boolean(),
  user: Type.Optional(SessionUser),
  connector: Type.Optional(SessionConnector),
  expiresAt: Type.Optional(Time),
});
export type Introspection = Static<typeof Introspection>;

/** Lives of a session in milliseconds: ended when not used for `idle`, and in any case after `absolute`. */
export const sessionLives = {
  user: { idle: 8 * 3_600_000, absolute: 24 * 3_600_000 },
  administrator: { idle: 30 * 60_000, absolute: 12 * 3_600_000 },
} as const;
