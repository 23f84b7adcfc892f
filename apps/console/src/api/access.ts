import type { Administrator, ApiKey, CreatedApiKey, NewAdministrator, NewApiKey } from '@gatehouse/contracts';
import { useMutation } from '@tanstack/react-query';
import { useApi, useRefresh } from './context.ts';
import { useList } from './lists.ts';

export const useAdministrators = (cursor?: string) =>
  useList<Administrator>('administrators', '/api/administrators', {}, cursor);

export const useCreateAdministrator = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: NewAdministrator) => api.call<Administrator>('/api/administrators', { method: 'POST', body }),
    onSuccess: () => refresh('administrators', 'audit'),
  });
};

export const useDeleteAdministrator = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (id: string) =>
      api.call<undefined>(`/api/administrators/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: () => refresh('administrators', 'audit'),
  });
};

export const useApiKeys = (cursor?: string) => useList<ApiKey>('api-keys', '/api/api-keys', {}, cursor);

/** The answer holds the key itself, this once. */
export const useCreateApiKey = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: NewApiKey) => api.call<CreatedApiKey>('/api/api-keys', { method: 'POST', body }),
    onSuccess: () => refresh('api-keys', 'audit'),
    // The key must not outlive the dialog that shows it.
    gcTime: 0,
  });
};

export const useDeleteApiKey = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (id: string) => api.call<undefined>(`/api/api-keys/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: () => refresh('api-keys', 'audit'),
  });
};
