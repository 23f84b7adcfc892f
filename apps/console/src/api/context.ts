import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { ApiClient } from './client.ts';

export const ApiContext = createContext<ApiClient | undefined>(undefined);

/** The API client that `main.tsx` has made. */
export const useApi = (): ApiClient => {
  const api = useContext(ApiContext);
  if (api === undefined) throw new Error('useApi needs an ApiContext');
  return api;
};

/**
 * Marks what is known of the named resources as old, so that what is on the screen is fetched again.
 * @param part `list` leaves single things alone: what has just been deleted must not be asked for again
 */
export const useRefresh = (part?: 'list'): ((...resources: readonly Resource[]) => Promise<void>) => {
  const queries = useQueryClient();
  return async (...resources) => {
    await Promise.all(
      resources.map((resource) =>
        queries.invalidateQueries({ queryKey: part === undefined ? [resource] : [resource, part] }),
      ),
    );
  };
};

/** First member of every query key. */
export type Resource =
  | 'me'
  | 'settings'
  | 'connectors'
  | 'users'
  | 'sessions'
  | 'administrators'
  | 'api-keys'
  | 'audit'
  | 'certificates';
