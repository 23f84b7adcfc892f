import {
  type Change,
  type Connector,
  type EventType,
  ProblemError,
  sources,
  tombstoneDelayMs,
} from '@gatehouse/contracts';
import { encodeConnectorState } from '@gatehouse/event-log';
import type { AggregateDefinition } from '@gatehouse/service-kit';
import { type ConnectorContent, patchContent } from './connector-input.ts';

/** A connector as it is stored. Its login address is not: it follows the base URL of the day. */
export type ConnectorState = Omit<Connector, 'loginAddress'>;

export type ConnectorCommand =
  | { readonly type: 'create'; readonly content: ConnectorContent }
  | { readonly type: 'patch'; readonly patch: unknown; readonly at: number }
  | { readonly type: 'enable' | 'disable' | 'delete' };

export type ConnectorChange =
  | { readonly type: 'connector.created'; readonly content: ConnectorContent }
  | { readonly type: 'connector.updated'; readonly content: ConnectorContent; readonly changed: readonly Change[] }
  | { readonly type: 'connector.enabled' }
  | { readonly type: 'connector.disabled' }
  | { readonly type: 'connector.deleted' };

const samlMembers = [
  'issuerUrl',
  'endpoint',
  'nameIdFormat',
  'certificates',
  'requireSignature',
  'expiredCertificate',
] as const;

const isSame = (before: unknown, after: unknown): boolean => JSON.stringify(before) === JSON.stringify(after);

/** What differs, member by member; the details of certificates follow from the certificates. */
const differences = (before: ConnectorContent, after: ConnectorContent): readonly Change[] =>
  [
    { path: '/name', before: before.name, after: after.name },
    { path: '/reference', before: before.reference, after: after.reference },
    ...samlMembers.map((member) => ({
      path: `/saml/${member}`,
      before: before.saml[member],
      after: after.saml[member],
    })),
  ].filter((change) => !isSame(change.before, change.after));

/** The case of a reference does not count. */
export const referenceKey = (reference: string): string => reference.toLowerCase();

export const toConnector = (
  { id, name, reference, type, enabled, version, saml, createdAt, updatedAt }: ConnectorState,
  baseUrl: string,
): Connector => ({
  id,
  name,
  reference,
  type,
  enabled,
  version,
  loginAddress: `${baseUrl}/api/sso/login/${reference}`,
  saml,
  createdAt,
  updatedAt,
});

const decide = (command: ConnectorCommand, state: ConnectorState | undefined): readonly ConnectorChange[] => {
  if (command.type === 'create') return [{ type: 'connector.created', content: command.content }];
  if (state === undefined) throw new ProblemError('connector_not_found');
  switch (command.type) {
    case 'patch': {
      const content = patchContent(state, command.patch, command.at);
      const changed = differences(state, content);
      return changed.length === 0 ? [] : [{ type: 'connector.updated', content, changed }];
    }
    case 'enable':
      return state.enabled ? [] : [{ type: 'connector.enabled' }];
    case 'disable':
      return state.enabled ? [{ type: 'connector.disabled' }] : [];
    case 'delete':
      return [{ type: 'connector.deleted' }];
  }
};

const existing = <State>(state: State | undefined, change: { readonly type: EventType }): State => {
  if (state === undefined) throw new Error(`${change.type} has no connector to happen to`);
  return state;
};

/** The rules of connectors. `baseUrl` goes into the login address that facts and state records carry. */
export const defineConnector = (
  baseUrl: string,
): AggregateDefinition<ConnectorState, ConnectorCommand, ConnectorChange> => ({
  source: sources.connectorRegistry,
  decide,
  evolve(state, change, { id, version, time }) {
    switch (change.type) {
      case 'connector.created':
        return { ...change.content, id, enabled: true, version, createdAt: time, updatedAt: time };
      case 'connector.updated':
        return { ...existing(state, change), ...change.content, version, updatedAt: time };
      case 'connector.enabled':
        return { ...existing(state, change), enabled: true, version, updatedAt: time };
      case 'connector.disabled':
        return { ...existing(state, change), enabled: false, version, updatedAt: time };
      case 'connector.deleted':
        return undefined;
    }
  },
  publish(change, after, before) {
    if (change.type === 'connector.created') {
      return { type: change.type, data: { connector: toConnector(existing(after, change), baseUrl) } };
    }
    if (change.type === 'connector.updated') {
      const connector = toConnector(existing(after, change), baseUrl);
      return { type: change.type, data: { connector, changed: [...change.changed] } };
    }
    const { id, reference } = existing(before, change);
    return { type: change.type, data: { connectorId: id, reference } };
  },
  unique: ({ reference }) => ({ reference: [referenceKey(reference)] }),
  listing: ({ name, reference, type, saml }) => ({
    sort: name.toLowerCase(),
    text: `${name}\n${reference}\n${saml.issuerUrl}`.toLowerCase(),
    filters: { type },
  }),
  taken: { reference: 'connector_reference_taken' },
  stateRecords({ id, version, at, state, traceparent }) {
    const context = { traceparent };
    if (state !== undefined) {
      return [{ record: encodeConnectorState(id, { version, connector: toConnector(state, baseUrl) }, context) }];
    }
    const deletedAt = new Date(at).toISOString();
    return [
      { record: encodeConnectorState(id, { deleted: true, version, deletedAt }, context) },
      { record: encodeConnectorState(id, undefined, context), sendAfter: at + tombstoneDelayMs },
    ];
  },
});
