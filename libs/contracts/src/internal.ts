import { type Static, Type } from 'typebox';
import { Right } from './access.ts';
import { Closed, ConnectorId, Version } from './primitives.ts';

/**
 * The token with which one service calls another: a JWT of at most one minute, signed by the gateway's key.
 * `typ` and `aud` are its own, so that a user's token is never one.
 */
export const internalToken = {
  typ: 'gatehouse-internal+jwt',
  audience: 'gatehouse-internal',
  lifeSeconds: 60,
} as const;

export const InternalClaims = Type.Object({
  aud: Type.Literal(internalToken.audience),
  iss: Type.String(),
  /** The actor: `administrator/adm_…`, `api-key/key_…`, `system/gateway`. */
  sub: Type.String(),
  rights: Type.Array(Right),
  exp: Type.Integer(),
  iat: Type.Integer(),
});
export type InternalClaims = Static<typeof InternalClaims>;

/** Who calls, as every service sees it after the token is verified. */
export interface Caller {
  readonly actor: string;
  readonly rights: readonly Right[];
}

/**
 * `POST /internal/users/:id/connectors/:connectorId/bind` of the user directory: the first sign-in through a link.
 * Atomic and unique both ways; the same digest again is a success. Refused: 409 `subject_already_bound`, `user_not_active`,
 * 404 `user_not_found`, `link_not_found`.
 */
export const BindCommand = Closed({ subjectDigest: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) });
export type BindCommand = Static<typeof BindCommand>;
export const BindAnswer = Closed({ version: Version, connectorId: ConnectorId });
export type BindAnswer = Static<typeof BindAnswer>;

/** Headers between the gateway, the services behind it and clients. */
export const headers = {
  /** Version that the change made; on every 2xx of a change, beside ETag, also where the answer has no body. */
  version: 'gatehouse-version',
  /** Id of the aggregate whose version it is. */
  aggregate: 'gatehouse-aggregate',
  /** `pending` when the gateway's own view had not reached the version within two seconds. */
  applied: 'gatehouse-applied',
  csrf: 'x-csrf-token',
} as const;
