import type { AdministratorSession, AdministratorSetup, AdministratorSignIn } from '@gatehouse/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { isCode } from './client.ts';
import { useApi } from './context.ts';

/** Answer of `GET /api/settings`: what the screens must know of this installation. */
export interface Settings {
  /** The application that people sign in to. */
  readonly appName: string;
  readonly baseUrl: string;
  /** The service provider's Identifier. */
  readonly entityId: string;
  /** The service provider's Reply URL (assertion consumer service). */
  readonly replyUrl: string;
  readonly version: string;
}

const meKey = ['me'] as const;

/** Who is signed in to the console; `null` when nobody is. */
export const useMe = () => {
  const api = useApi();
  return useQuery({
    queryKey: meKey,
    queryFn: async ({ signal }): Promise<AdministratorSession | null> => {
      try {
        const session = await api.call<AdministratorSession>('/api/administrators/me', { signal });
        api.setCsrfToken(session.csrfToken);
        return session;
      } catch (error) {
        if (isCode(error, 'unauthenticated')) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
};

export const useSettings = (enabled: boolean) => {
  const api = useApi();
  return useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => api.call<Settings>('/api/settings', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  });
};

/** Starts a console session. Whatever an earlier administrator has seen is forgotten first. */
export const useSignIn = () => {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: AdministratorSignIn) =>
      api.call<AdministratorSession>('/api/administrators/sign-in', { method: 'POST', body }),
    onSuccess: (session) => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meKey[0] });
      api.setCsrfToken(session.csrfToken);
      queries.setQueryData(meKey, session);
    },
  });
};

export const useSignOut = () => {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.call<undefined>('/api/administrators/sign-out', { method: 'POST' }),
    onSuccess: () => {
      queries.setQueryData(meKey, null);
    },
  });
};

/** Makes the first administrator from a set-up link; signing in is a step of its own. */
export const useSetUp = () => {
  const api = useApi();
  return useMutation({
    mutationFn: (body: AdministratorSetup) => api.call<unknown>('/api/administrators/setup', { method: 'POST', body }),
  });
};
