import type { Page } from '@gatehouse/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { query } from './client.ts';
import { type Resource, useApi } from './context.ts';

export const pageSize = 25;

export type Filters = Readonly<Record<string, string | undefined>>;

/**
 * One page of a list. While the next one is fetched the last one stays on the screen.
 * @param path of the list, such as `/api/connectors`
 * @param cursor opaque; undefined for the first page
 */
export const useList = <Item>(resource: Resource, path: string, filters: Filters, cursor?: string) => {
  const api = useApi();
  return useQuery({
    queryKey: [resource, 'list', path, filters, cursor ?? ''],
    queryFn: ({ signal }) =>
      api.call<Page<Item>>(`${path}${query({ ...filters, limit: pageSize, cursor })}`, { signal }),
    placeholderData: keepPreviousData,
  });
};

/** One thing by its address; asked for again on every visit, because changes start from its version. */
export const useItem = <Item>(resource: Resource, path: string, enabled = true) => {
  const api = useApi();
  return useQuery({
    queryKey: [resource, 'item', path],
    queryFn: ({ signal }) => api.call<Item>(path, { signal }),
    refetchOnMount: 'always',
    enabled,
  });
};
