import type { NewUser, Page, User, UserConnector, UserPatch } from '@gatehouse/contracts';
import { useMutation } from '@tanstack/react-query';
import { useApi, useRefresh } from './context.ts';
import { type Filters, useItem, useList } from './lists.ts';

const root = '/api/users';
const addressOf = (id: string): string => `${root}/${encodeURIComponent(id)}`;

export const useUsers = (filters: Filters, cursor?: string) => useList<User>('users', root, filters, cursor);

export const useUser = (id: string, enabled = true) => useItem<User>('users', addressOf(id), enabled);

export const useUserConnectors = (id: string) => useItem<Page<UserConnector>>('users', `${addressOf(id)}/connectors`);

export const useCreateUser = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: NewUser) => api.call<User>(root, { method: 'POST', body }),
    onSuccess: () => refresh('users', 'audit'),
  });
};

/** @throws ApiProblem `version_conflict` when somebody else has changed the user since `version` */
export const useUpdateUser = (id: string) => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ version, patch }: { readonly version: number; readonly patch: UserPatch }) =>
      api.call<User>(addressOf(id), { method: 'PATCH', version, body: patch }),
    onSuccess: () => refresh('users', 'audit'),
  });
};

export const useSwitchUser = (id: string) => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (action: 'suspend' | 'reactivate') => api.call<User>(`${addressOf(id)}/${action}`, { method: 'POST' }),
    onSuccess: () => refresh('users', 'sessions', 'audit'),
  });
};

export const useDeleteUser = () => {
  const api = useApi();
  const refresh = useRefresh('list');
  return useMutation({
    mutationFn: ({ id, version }: { readonly id: string; readonly version: number }) =>
      api.call<undefined>(addressOf(id), { method: 'DELETE', version }),
    onSuccess: () => refresh('users', 'sessions', 'audit'),
  });
};

export type LinkAction = 'link' | 'unlink' | 'free';

/** Links a user to a connector, unlinks him, or frees the subject that is bound to the link. */
export const useChangeLink = (userId: string) => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ connectorId, action }: { readonly connectorId: string; readonly action: LinkAction }) => {
      const link = `${addressOf(userId)}/connectors/${encodeURIComponent(connectorId)}`;
      if (action === 'link') return api.call<undefined>(link, { method: 'PUT' });
      return api.call<undefined>(action === 'free' ? `${link}/subject` : link, { method: 'DELETE' });
    },
    onSuccess: () => refresh('users', 'connectors', 'sessions', 'audit'),
  });
};
