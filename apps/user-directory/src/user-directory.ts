import type { StoreHost } from '@gatehouse/aggregate-store';
import type { Clock, Ids } from '@gatehouse/contracts';
import { type CallerAuthDeps, createCallerAuth, createCommandRunner, type ServiceModule } from '@gatehouse/service-kit';
import { createConnectorStateConsumer } from './consumers/connector-state.ts';
import { createLastLoginsConsumer, type LastLogin, lastLoginsView } from './consumers/last-logins.ts';
import { type UserAggregate, userDefinition } from './domain/user.ts';
import { type ConnectorFeed, createKnownConnectors } from './known-connectors.ts';
import { addLinkRoutes } from './routes/links.ts';
import { addUserRoutes } from './routes/users.ts';

export interface UserDirectoryDeps extends CallerAuthDeps {
  readonly stores: StoreHost;
  readonly clock: Clock;
  readonly ids: Ids;
  /** How far the consumer named `connectorStateConsumer` has come; the host knows. */
  readonly connectorFeed: ConnectorFeed;
}

export const createUserDirectory = (deps: UserDirectoryDeps): ServiceModule => {
  const { stores, clock, ids, connectorFeed, verifyInternalToken } = deps;
  const { views } = stores;
  const store = stores.aggregates<UserAggregate>('user');
  const commands = createCommandRunner(userDefinition, { store, clock, ids });
  const connectors = createKnownConnectors(views, connectorFeed);
  const lastLogins = views.view<LastLogin>(lastLoginsView);
  return {
    name: 'user-directory',
    async routes(app) {
      app.addHook('onRequest', createCallerAuth({ verifyInternalToken }));
      const routeDeps = { store, commands, connectors, lastLogins, ids };
      addUserRoutes(app, routeDeps);
      addLinkRoutes(app, routeDeps);
    },
    consumers: [createConnectorStateConsumer({ views, store, commands }), createLastLoginsConsumer(views)],
    outboxes: [store.outbox],
    readiness: [{ name: 'store', check: () => stores.check() }],
    async start() {},
    async close() {},
  };
};
