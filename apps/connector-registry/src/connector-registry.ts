import type { StoreHost } from '@gatehouse/aggregate-store';
import type { Clock, Ids } from '@gatehouse/contracts';
import { type CallerAuthDeps, createCallerAuth, createCommandRunner, type ServiceModule } from '@gatehouse/service-kit';
import { type ConnectorState, defineConnector } from './domain/connector.ts';
import { addConnectorRoutes } from './routes.ts';

export interface ConnectorRegistryDeps extends CallerAuthDeps {
  readonly stores: StoreHost;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Public address of the gateway; login addresses are made from it. */
  readonly baseUrl: string;
}

export const createConnectorRegistry = (deps: ConnectorRegistryDeps): ServiceModule => {
  const { stores, clock, ids, baseUrl, verifyInternalToken } = deps;
  const store = stores.aggregates<ConnectorState>('connector');
  const commands = createCommandRunner(defineConnector(baseUrl), { store, clock, ids });
  return {
    name: 'connector-registry',
    async routes(app) {
      app.addHook('onRequest', createCallerAuth({ verifyInternalToken }));
      addConnectorRoutes(app, { store, commands, clock, ids, baseUrl });
    },
    consumers: [],
    outboxes: [store.outbox],
    readiness: [{ name: 'store', check: () => stores.check() }],
    async start() {},
    async close() {},
  };
};
