import { type BindAnswer, BindCommand, ProblemError, type UserConnector } from '@gatehouse/contracts';
import { requireRight, setChangeHeaders } from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import { lastLoginKey } from '../consumers/last-logins.ts';
import type { UserAggregate } from '../domain/user.ts';
import { runAs, type UserRoutesDeps } from './deps.ts';

interface WithUser {
  Params: { readonly id: string };
}
interface WithLink {
  Params: { readonly id: string; readonly connectorId: string };
}

/** `/api/users/:id/connectors…`, and the internal command that binds a subject at the first sign-in. */
export const addLinkRoutes = (app: FastifyInstance, deps: UserRoutesDeps): void => {
  const { store, connectors, lastLogins } = deps;
  const reading = { onRequest: requireRight('read') };
  const changing = { onRequest: requireRight('admin') };

  const userOf = async (id: string): Promise<UserAggregate> => {
    const saved = await store.load(id);
    if (saved === undefined) throw new ProblemError('user_not_found');
    return saved.state;
  };

  app.get<WithUser>(
    '/api/users/:id/connectors',
    reading,
    async ({ params }): Promise<{ readonly items: readonly UserConnector[] }> => {
      const { id, links } = await userOf(params.id);
      const known = await connectors.findMany(links.map(({ connectorId }) => connectorId));
      const logins = await lastLogins.getMany(links.map(({ connectorId }) => lastLoginKey(id, connectorId)));
      const items = links.flatMap(({ connectorId, connectorReference, linkedAt, subjectDigest }): UserConnector[] => {
        const connector = known.get(connectorId);
        // Deleted a moment ago; the link is about to follow.
        if (connector?.deleted === true) return [];
        const lastLoginAt = logins.get(lastLoginKey(id, connectorId))?.at;
        const { reference, name } = connector ?? { reference: connectorReference, name: connectorReference };
        const item = { connectorId, reference, name, linkedAt, bound: subjectDigest !== undefined };
        return [lastLoginAt === undefined ? item : { ...item, lastLoginAt }];
      });
      return { items };
    },
  );

  app.put<WithLink>('/api/users/:id/connectors/:connectorId', changing, async (request, reply) => {
    const { id, connectorId } = request.params;
    await userOf(id);
    const { reference: connectorReference } = await connectors.require(connectorId);
    const { version } = await runAs(deps, request, id, { type: 'link', connectorId, connectorReference });
    // Deleted between the look and the save: the deletion's round over the users may have passed this one already.
    if ((await connectors.find(connectorId))?.deleted === true) {
      await runAs(deps, request, id, { type: 'unlink', connectorId });
      throw new ProblemError('connector_not_found');
    }
    return setChangeHeaders(reply, id, version).code(204).send();
  });

  app.delete<WithLink>('/api/users/:id/connectors/:connectorId', changing, async (request, reply) => {
    const { id, connectorId } = request.params;
    const { links } = await userOf(id);
    if (!links.some((link) => link.connectorId === connectorId)) await connectors.require(connectorId);
    const { version } = await runAs(deps, request, id, { type: 'unlink', connectorId });
    return setChangeHeaders(reply, id, version).code(204).send();
  });

  app.delete<WithLink>('/api/users/:id/connectors/:connectorId/subject', changing, async (request, reply) => {
    const { id, connectorId } = request.params;
    const { version } = await runAs(deps, request, id, { type: 'free', connectorId, reason: 'administrator' });
    return setChangeHeaders(reply, id, version).code(204).send();
  });

  app.post<WithLink & { Body: BindCommand }>(
    '/internal/users/:id/connectors/:connectorId/bind',
    { ...changing, schema: { body: BindCommand } },
    async (request, reply): Promise<BindAnswer> => {
      const { id, connectorId } = request.params;
      const { subjectDigest } = request.body;
      const { version } = await runAs(deps, request, id, { type: 'bind', connectorId, subjectDigest });
      setChangeHeaders(reply, id, version);
      return { version, connectorId };
    },
  );
};
