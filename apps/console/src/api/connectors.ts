import type { CertificateDetail, Connector, ConnectorPatch } from '@gatehouse/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useApi, useRefresh } from './context.ts';
import { type Filters, useItem, useList } from './lists.ts';

/** What deleting a connector touches: users who are linked to it, sessions that were started through it. */
export interface ConnectorUsage {
  readonly users: number;
  readonly sessions: number;
}

/** What the form sends. Checked by the server alone, so that there is one truth about each field. */
export interface ConnectorInput {
  readonly name: string;
  readonly reference: string;
  readonly type: string;
  readonly saml?: {
    readonly issuerUrl: string;
    readonly endpoint: string;
    readonly nameIdFormat: string;
    readonly certificates: readonly string[];
    readonly requireSignature: string;
    readonly expiredCertificate: string;
  };
}

const root = '/api/connectors';

export const useConnectors = (filters: Filters, cursor?: string) =>
  useList<Connector>('connectors', root, filters, cursor);

export const useConnector = (id: string, enabled = true) =>
  useItem<Connector>('connectors', `${root}/${encodeURIComponent(id)}`, enabled);

export const useConnectorUsage = (id: string, enabled: boolean) =>
  useItem<ConnectorUsage>('connectors', `${root}/${encodeURIComponent(id)}/usage`, enabled);

export const useCreateConnector = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: ConnectorInput) => api.call<Connector>(root, { method: 'POST', body }),
    onSuccess: () => refresh('connectors', 'audit'),
  });
};

/** @throws ApiProblem `version_conflict` when somebody else has changed the connector since `version` */
export const useUpdateConnector = (id: string) => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ version, patch }: { readonly version: number; readonly patch: ConnectorPatch }) =>
      api.call<Connector>(`${root}/${id}`, { method: 'PATCH', version, body: patch }),
    onSuccess: () => refresh('connectors', 'users', 'audit'),
  });
};

export const useSwitchConnector = () => {
  const api = useApi();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id, enabled }: { readonly id: string; readonly enabled: boolean }) =>
      api.call<Connector>(`${root}/${id}/${enabled ? 'enable' : 'disable'}`, { method: 'POST' }),
    onSuccess: () => refresh('connectors', 'sessions', 'audit'),
  });
};

export const useDeleteConnector = () => {
  const api = useApi();
  const refresh = useRefresh('list');
  return useMutation({
    mutationFn: ({ id, version }: { readonly id: string; readonly version: number }) =>
      api.call<undefined>(`${root}/${id}`, { method: 'DELETE', version }),
    onSuccess: () => refresh('connectors', 'users', 'sessions', 'audit'),
  });
};

/** What the server reads out of a certificate. An answer never goes old: it is about the text alone. */
export const useCertificatePreview = (certificate: string) => {
  const api = useApi();
  return useQuery({
    queryKey: ['certificates', certificate],
    queryFn: ({ signal }) =>
      api.call<{ readonly items: readonly CertificateDetail[] }>('/api/saml/certificate-preview', {
        method: 'POST',
        body: { certificate },
        signal,
      }),
    staleTime: Number.POSITIVE_INFINITY,
  });
};
