import type { View, Views } from '@gatehouse/aggregate-store';
import { ProblemError } from '@gatehouse/contracts';

/** What the directory knows of a connector, from the connector state topic. */
export interface KnownConnector {
  readonly reference: string;
  readonly name: string;
  readonly issuerUrl: string;
  readonly version: number;
  readonly deleted: boolean;
}

export const connectorsView = 'known-connectors';

/** How far the consumer of connector state has come. */
export interface ConnectorFeed {
  /** Resolves when everything that is on the log now has been applied. Rejects after `timeoutMs`. */
  caughtUp(timeoutMs: number): Promise<void>;
}

export interface KnownConnectors {
  /** @throws ProblemError `connector_not_found`; `not_ready` when it is unknown and the log does not say more in time */
  require(connectorId: string): Promise<KnownConnector>;
  find(connectorId: string): Promise<KnownConnector | undefined>;
  findMany(connectorIds: readonly string[]): Promise<ReadonlyMap<string, KnownConnector>>;
}

/** Longest wait for the end of the log before a connector is said not to exist. */
const lookupTimeoutMs = 2_000;

export const createKnownConnectors = (views: Views, feed: ConnectorFeed): KnownConnectors => {
  const view: View<KnownConnector> = views.view<KnownConnector>(connectorsView);
  return {
    async require(connectorId) {
      let known = await view.get(connectorId);
      if (known === undefined) {
        await feed.caughtUp(lookupTimeoutMs).catch((cause: unknown) => {
          throw new ProblemError('not_ready', { cause });
        });
        known = await view.get(connectorId);
      }
      if (known === undefined || known.deleted) throw new ProblemError('connector_not_found');
      return known;
    },
    find: (connectorId) => view.get(connectorId),
    findMany: (connectorIds) => view.getMany(connectorIds),
  };
};
