import type { RevokeSessions, Session } from '@gatehouse/contracts';
import { useMutation } from '@tanstack/react-query';
import { useApi, useRefresh } from './context.ts';
import { type Filters, useList } from './lists.ts';

const root = '/api/sessions';

export const useSessions = (filters: Filters, cursor?: string) => useList<Session>('sessions', root, filters, cursor);

export const useRevokeSession = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (id: string) => api.call<undefined>(`${root}/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: () => refresh('sessions', 'audit'),
  });
};

export const useRevokeSessions = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: RevokeSessions) =>
      api.call<{ readonly revoked: number }>(`${root}/revoke`, { method: 'POST', body }),
    onSuccess: () => refresh('sessions', 'audit'),
  });
};
