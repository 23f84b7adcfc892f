import type { AggregateStore } from '@gatehouse/aggregate-store';
import {
  type Clock,
  type Connector,
  connectorTypes,
  headers,
  type Ids,
  listLimits,
  listQuery,
  type Page,
  ProblemError,
} from '@gatehouse/contracts';
import {
  type CommandResult,
  type CommandRunner,
  callerOf,
  emptyBody,
  entityTag,
  type IfMatch,
  requireIfMatch,
  requireRight,
  setChangeHeaders,
} from '@gatehouse/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type ConnectorCommand, type ConnectorState, toConnector } from './domain/connector.ts';
import { readNewConnector } from './domain/connector-input.ts';

export interface ConnectorRoutesDeps {
  readonly store: AggregateStore<ConnectorState>;
  readonly commands: CommandRunner<ConnectorState, ConnectorCommand>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly baseUrl: string;
}

const ListConnectors = Type.Object(
  {
    ...listQuery,
    q: Type.Optional(Type.String({ maxLength: 200 })),
    type: Type.Optional(Type.Enum(connectorTypes)),
  },
  { additionalProperties: false },
);
type ListConnectors = Static<typeof ListConnectors>;

interface WithId {
  Params: { readonly id: string };
}

/** The API of connectors. Who calls must be known already: `request.caller`. */
export const addConnectorRoutes = (app: FastifyInstance, deps: ConnectorRoutesDeps): void => {
  const { store, commands, clock, ids, baseUrl } = deps;
  const reading = { onRequest: requireRight('read') };
  const changing = { onRequest: requireRight('admin') };

  const run = (
    request: FastifyRequest,
    id: string,
    command: ConnectorCommand,
    ifMatch?: IfMatch,
  ): Promise<CommandResult<ConnectorState>> =>
    commands.execute({ id, command, ifMatch, actor: callerOf(request).actor, traceparent: request.trace.traceparent });

  const answer = (reply: FastifyReply, { state, version }: CommandResult<ConnectorState>): Connector => {
    if (state === undefined) throw new ProblemError('connector_not_found');
    setChangeHeaders(reply, state.id, version);
    return toConnector(state, baseUrl);
  };

  app.get<{ Querystring: ListConnectors }>(
    '/api/connectors',
    { ...reading, schema: { querystring: ListConnectors } },
    async ({ query }): Promise<Page<Connector>> => {
      const { limit = listLimits.default, cursor, q, type } = query;
      const page = await store.list({ limit, cursor, q, filters: type === undefined ? {} : { type } });
      const items = page.items.map(({ state }) => toConnector(state, baseUrl));
      return page.nextCursor === undefined ? { items } : { items, nextCursor: page.nextCursor };
    },
  );

  app.post('/api/connectors', changing, async (request, reply) => {
    const content = readNewConnector(request.body, clock.now());
    const id = ids.id('connector');
    const connector = answer(reply, await run(request, id, { type: 'create', content }));
    return reply.code(201).header('location', `/api/connectors/${id}`).send(connector);
  });

  app.get<WithId>('/api/connectors/:id', reading, async ({ params }, reply) => {
    const saved = await store.load(params.id);
    if (saved === undefined) throw new ProblemError('connector_not_found');
    reply.header('etag', entityTag(saved.version));
    return toConnector(saved.state, baseUrl);
  });

  app.patch<WithId>('/api/connectors/:id', changing, async (request, reply) => {
    const ifMatch = requireIfMatch(request);
    const command = { type: 'patch', patch: request.body, at: clock.now() } as const;
    return answer(reply, await run(request, request.params.id, command, ifMatch));
  });

  app.delete<WithId>('/api/connectors/:id', changing, async (request, reply) => {
    const { id } = request.params;
    const { version } = await run(request, id, { type: 'delete' }, requireIfMatch(request));
    // No ETag: what it would name is gone.
    return reply
      .code(204)
      .headers({ [headers.version]: String(version), [headers.aggregate]: id })
      .send();
  });

  for (const type of ['enable', 'disable'] as const) {
    app.post<WithId>(`/api/connectors/:id/${type}`, { ...changing, preHandler: emptyBody }, async (request, reply) =>
      answer(reply, await run(request, request.params.id, { type })),
    );
  }
};
