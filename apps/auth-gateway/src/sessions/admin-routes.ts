import {
  ConnectorId,
  isoTime,
  listLimits,
  listQuery,
  matches,
  ProblemError,
  RevokedSessions,
  RevokeSessions,
  type Session,
  SessionId,
  UserId,
} from '@gatehouse/contracts';
import type { LoginState, SessionRecord } from '@gatehouse/login-state';
import { callerOf, requireRight } from '@gatehouse/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Cause } from '../facts.ts';
import type { Projection } from '../projection/projection.ts';
import { endOfSession } from './current-session.ts';
import type { SessionEndings } from './ending.ts';

export interface AdminSessionDeps {
  readonly loginState: LoginState;
  readonly projection: Projection;
  readonly endings: SessionEndings;
}

const SessionQuery = Type.Object({ ...listQuery, user: Type.Optional(UserId), connector: Type.Optional(ConnectorId) });

/** A session as administrators see it; undefined when its user or connector is gone, for then it lets nobody in. */
const shownSession = (projection: Projection, record: SessionRecord): Session | undefined => {
  const user = projection.user(record.principalId)?.user;
  const connector = projection.connector(record.connectorId ?? '')?.connector;
  if (user === undefined || connector === undefined) return undefined;
  const userAgent = record.data.userAgent;
  return {
    id: record.id,
    user: { id: user.id, username: user.username, displayName: user.displayName },
    connector: { id: connector.id, reference: connector.reference, name: connector.name },
    startedAt: isoTime(record.startedAt),
    lastSeenAt: isoTime(record.lastSeenAt),
    expiresAt: isoTime(endOfSession(record)),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
};

const causeOf = (request: FastifyRequest): Cause => ({
  actor: callerOf(request).actor,
  traceparent: request.trace.traceparent,
});

/** Sessions of users, for administrators: list and revoke. The scope's hooks know the caller. */
export const adminSessionRoutes = (
  scope: FastifyInstance,
  { loginState, projection, endings }: AdminSessionDeps,
): void => {
  scope.get<{ Querystring: Static<typeof SessionQuery> }>(
    '/api/sessions',
    { onRequest: requireRight('read'), schema: { querystring: SessionQuery } },
    async (request) => {
      const { user, connector, limit = listLimits.default, cursor } = request.query;
      const page = await loginState.listSessions({
        kind: 'user',
        principalId: user,
        connectorId: connector,
        limit,
        cursor,
      });
      const items = page.items
        .map((record) => shownSession(projection, record))
        .filter((session) => session !== undefined);
      return page.nextCursor === undefined ? { items } : { items, nextCursor: page.nextCursor };
    },
  );
  scope.delete<{ Params: { readonly id: string } }>(
    '/api/sessions/:id',
    { onRequest: requireRight('admin') },
    async (request, reply) => {
      const { id } = request.params;
      const record = matches(SessionId, id) ? await loginState.readSessionById(id) : undefined;
      const isUsers = record?.kind === 'user';
      const ended = isUsers && (await endings.end(record.id, 'revoked', causeOf(request)));
      if (!ended) throw new ProblemError('session_not_found');
      return reply.code(204).send();
    },
  );
  scope.post<{ Body: Static<typeof RevokeSessions> }>(
    '/api/sessions/revoke',
    { onRequest: requireRight('admin'), schema: { body: RevokeSessions, response: { 200: RevokedSessions } } },
    async (request) => {
      const { user, connector } = request.body;
      if (user === undefined && connector === undefined) {
        throw new ProblemError('invalid_request', {
          errors: [{ pointer: '', message: 'must name a user, a connector, or both' }],
        });
      }
      const revoked = await endings.endAll({ userId: user, connectorId: connector }, 'revoked', causeOf(request));
      return { revoked };
    },
  );
};
