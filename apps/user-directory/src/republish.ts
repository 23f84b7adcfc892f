import type { StoreHost } from '@gatehouse/aggregate-store';
import { type RepublishDeps, republishState } from '@gatehouse/service-kit';
import { type UserAggregate, userDefinition } from './domain/user.ts';

export interface RepublishUsersDeps extends Omit<RepublishDeps<UserAggregate>, 'store'> {
  readonly stores: StoreHost;
}

/** Every user's state onto the state topic once more; see `republishState`. @returns how many */
export const republishUsers = ({ stores, ...deps }: RepublishUsersDeps): Promise<number> =>
  republishState(userDefinition, { ...deps, store: stores.aggregates<UserAggregate>('user') });
