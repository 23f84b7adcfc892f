import { headers, listLimits, listQuery, type Page, ProblemError, type User } from '@gatehouse/contracts';
import {
  type CommandResult,
  emptyBody,
  entityTag,
  requireIfMatch,
  requireRight,
  setChangeHeaders,
} from '@gatehouse/service-kit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { toUser, type UserAggregate } from '../domain/user.ts';
import { readNewUser, readUserPatch } from '../domain/user-input.ts';
import { runAs, type UserRoutesDeps } from './deps.ts';

const ListUsers = Type.Object(
  { ...listQuery, q: Type.Optional(Type.String({ maxLength: 200 })) },
  { additionalProperties: false },
);
type ListUsers = Static<typeof ListUsers>;

interface WithId {
  Params: { readonly id: string };
}

const answer = (reply: FastifyReply, { state, version }: CommandResult<UserAggregate>): User => {
  if (state === undefined) throw new ProblemError('user_not_found');
  setChangeHeaders(reply, state.id, version);
  return toUser(state);
};

/** `/api/users` and `/api/users/:id`. */
export const addUserRoutes = (app: FastifyInstance, deps: UserRoutesDeps): void => {
  const { store, ids } = deps;
  const reading = { onRequest: requireRight('read') };
  const changing = { onRequest: requireRight('admin') };

  app.get<{ Querystring: ListUsers }>(
    '/api/users',
    { ...reading, schema: { querystring: ListUsers } },
    async ({ query }): Promise<Page<User>> => {
      const { limit = listLimits.default, cursor, q } = query;
      const page = await store.list({ limit, cursor, q });
      const items = page.items.map(({ state }) => toUser(state));
      return page.nextCursor === undefined ? { items } : { items, nextCursor: page.nextCursor };
    },
  );

  app.post('/api/users', changing, async (request, reply) => {
    const content = readNewUser(request.body);
    const id = ids.id('user');
    const user = answer(reply, await runAs(deps, request, id, { type: 'create', content }));
    return reply.code(201).header('location', `/api/users/${id}`).send(user);
  });

  app.get<WithId>('/api/users/:id', reading, async ({ params }, reply) => {
    const saved = await store.load(params.id);
    if (saved === undefined) throw new ProblemError('user_not_found');
    reply.header('etag', entityTag(saved.version));
    return toUser(saved.state);
  });

  app.patch<WithId>('/api/users/:id', changing, async (request, reply) => {
    const ifMatch = requireIfMatch(request);
    const content = readUserPatch(request.body);
    return answer(reply, await runAs(deps, request, request.params.id, { type: 'patch', content }, ifMatch));
  });

  app.delete<WithId>('/api/users/:id', changing, async (request, reply) => {
    const { id } = request.params;
    const { version } = await runAs(deps, request, id, { type: 'delete' }, requireIfMatch(request));
    // No ETag: what it would name is gone.
    return reply
      .code(204)
      .headers({ [headers.version]: String(version), [headers.aggregate]: id })
      .send();
  });

  for (const type of ['suspend', 'reactivate'] as const) {
    app.post<WithId>(`/api/users/:id/${type}`, { ...changing, preHandler: emptyBody }, async (request, reply) =>
      answer(reply, await runAs(deps, request, request.params.id, { type })),
    );
  }
};
