import type { StoreHost } from '@gatehouse/aggregate-store';
import { type RepublishDeps, republishState } from '@gatehouse/service-kit';
import { type ConnectorState, defineConnector } from './domain/connector.ts';

export interface RepublishConnectorsDeps extends Omit<RepublishDeps<ConnectorState>, 'store'> {
  readonly stores: StoreHost;
  /** As the registry knows it: states carry login addresses. */
  readonly baseUrl: string;
}

/** Every connector's state onto the state topic once more; see `republishState`. @returns how many */
export const republishConnectors = ({ stores, baseUrl, ...deps }: RepublishConnectorsDeps): Promise<number> =>
  republishState(defineConnector(baseUrl), { ...deps, store: stores.aggregates<ConnectorState>('connector') });
