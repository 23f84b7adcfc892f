import {
  canonicalEmail,
  createIds,
  isoTime,
  NewUser,
  RevokedSessions,
  RevokeSessions,
  Session,
  User,
  UserConnector,
  UserPatch,
} from '@gatehouse/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ListQuery, pageOf, Refusal, requireVersion, taken, valid } from './answers.ts';
import { linkOf, type PracticeState } from './state.ts';

type ById = { Params: { id: string } };
type Link = { Params: { id: string; connectorId: string } };
const ids = createIds();

export const userRoutes = (app: FastifyInstance, state: PracticeState): void => {
  const find = (request: FastifyRequest<ById>): User => {
    const found = state.users.find(({ id }) => id === request.params.id);
    if (found === undefined) throw new Refusal('user_not_found');
    return found;
  };
  const put = (user: User): User => {
    const index = state.users.findIndex(({ id }) => id === user.id);
    if (index < 0) state.users.push(user);
    else state.users[index] = user;
    return valid(User, user);
  };
  const usernameOf = (text: string, own?: string): string => {
    const username = canonicalEmail(text);
    if (username === undefined) {
      throw new Refusal('invalid_request', [{ pointer: '/username', message: 'must be an e-mail address' }]);
    }
    if (state.users.some((user) => user.username === username && user.id !== own)) throw new Refusal('username_taken');
    return username;
  };
  const linksOf = (id: string): UserConnector[] => state.links.get(id) ?? [];

  app.get<{ Querystring: ListQuery }>('/api/users', async ({ query }) => {
    const words = (query.q ?? '').toLowerCase();
    const found = state.users.filter((each) => `${each.username} ${each.displayName}`.toLowerCase().includes(words));
    return pageOf(User, found, query);
  });

  app.post('/api/users', async (request, reply) => {
    const body = taken(NewUser, request);
    const now = isoTime(Date.now());
    const user = put({
      id: ids.id('user'),
      username: usernameOf(body.username),
      displayName: body.displayName ?? '',
      status: 'active',
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    return reply.status(201).send(user);
  });

  app.get<ById>('/api/users/:id', async (request) => valid(User, find(request)));

  app.patch<ById>('/api/users/:id', async (request) => {
    const stored = find(request);
    requireVersion(request, stored.version);
    const patch = taken(UserPatch, request);
    return put({
      ...stored,
      username: patch.username === undefined ? stored.username : usernameOf(patch.username, stored.id),
      displayName: patch.displayName === undefined ? stored.displayName : (patch.displayName ?? ''),
      version: stored.version + 1,
    });
  });

  app.delete<ById>('/api/users/:id', async (request, reply) => {
    const stored = find(request);
    requireVersion(request, stored.version);
    state.users.splice(state.users.indexOf(stored), 1);
    return reply.status(204).send();
  });

  for (const [action, status] of [
    ['suspend', 'suspended'],
    ['reactivate', 'active'],
  ] as const) {
    app.post<ById>(`/api/users/:id/${action}`, async (request) => {
      const stored = find(request);
      return put({ ...stored, status, version: stored.version + 1 });
    });
  }

  app.get<ById>('/api/users/:id/connectors', async (request) => pageOf(UserConnector, linksOf(find(request).id), {}));

  app.put<Link>('/api/users/:id/connectors/:connectorId', async (request, reply) => {
    const { id } = find(request);
    const connector = state.connectors.find((each) => each.id === request.params.connectorId);
    if (connector === undefined) throw new Refusal('connector_not_found');
    state.links.set(id, [...linksOf(id), linkOf(connector, false)]);
    return reply.status(204).send();
  });

  app.delete<Link>('/api/users/:id/connectors/:connectorId', async (request, reply) => {
    const { id } = find(request);
    state.links.set(
      id,
      linksOf(id).filter((link) => link.connectorId !== request.params.connectorId),
    );
    return reply.status(204).send();
  });

  app.delete<Link>('/api/users/:id/connectors/:connectorId/subject', async (request, reply) => {
    const { id } = find(request);
    const freed = linksOf(id).map((link) =>
      link.connectorId === request.params.connectorId ? { ...link, bound: false } : link,
    );
    state.links.set(id, freed);
    return reply.status(204).send();
  });

  const sessionsBy = ({ user, connector }: { readonly user?: string; readonly connector?: string }): Session[] =>
    state.sessions.filter(
      (session) =>
        (user ?? session.user.id) === session.user.id && (connector ?? session.connector.id) === session.connector.id,
    );

  app.get<{ Querystring: ListQuery }>('/api/sessions', async ({ query }) => pageOf(Session, sessionsBy(query), query));

  app.delete<ById>('/api/sessions/:id', async (request, reply) => {
    const index = state.sessions.findIndex(({ id }) => id === request.params.id);
    if (index < 0) throw new Refusal('session_not_found');
    state.sessions.splice(index, 1);
    return reply.status(204).send();
  });

  app.post('/api/sessions/revoke', async (request) => {
    const ended = sessionsBy(taken(RevokeSessions, request));
    for (const session of ended) state.sessions.splice(state.sessions.indexOf(session), 1);
    return valid(RevokedSessions, { revoked: ended.length });
  });
};
