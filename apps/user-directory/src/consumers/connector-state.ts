import type { AggregateStore, ViewSource, Views, ViewWrite } from '@gatehouse/aggregate-store';
import { type ConnectorStateRecord, connectorStateTopic } from '@gatehouse/contracts';
import type { Consumer, Message } from '@gatehouse/event-log';
import type { CommandRunner } from '@gatehouse/service-kit';
import { linkFilter, type UserAggregate, type UserCommand } from '../domain/user.ts';
import { connectorsView, type KnownConnector } from '../known-connectors.ts';

export interface ConnectorStateDeps {
  readonly views: Views;
  readonly store: AggregateStore<UserAggregate>;
  readonly commands: CommandRunner<UserAggregate, UserCommand>;
}

export const connectorStateConsumer = 'gatehouse-user-directory-connectors';

const actor = 'system/user-directory';
const pageSize = 100;

type Write = ViewWrite<KnownConnector> & { readonly view: string };

const write = (connectorId: string, row: KnownConnector): Write => ({
  view: connectorsView,
  key: connectorId,
  row,
  revision: row.version,
});

const gone = (version: number, before: KnownConnector | undefined): KnownConnector => ({
  reference: before?.reference ?? '',
  name: before?.name ?? '',
  issuerUrl: before?.issuerUrl ?? '',
  version,
  deleted: true,
});

/**
 * Follows connectors: keeps what linking needs to know of them, unlinks the users of a deleted one, and frees the subjects
 * of one whose issuer changed, because another issuer's subjects are other people. Every step may be repeated: a
 * connector's position is saved only behind the last of its users.
 */
export const createConnectorStateConsumer = ({ views, store, commands }: ConnectorStateDeps): Consumer => {
  const view = views.view<KnownConnector>(connectorsView);

  const forEachUser = async (connectorId: string, command: UserCommand): Promise<void> => {
    let cursor: string | undefined;
    do {
      const page = await store.list({ limit: pageSize, cursor, filters: linkFilter(connectorId) });
      for (const { id } of page.items) {
        // Gone in the meantime is as good as unlinked.
        if ((await store.load(id)) !== undefined) await commands.execute({ id, command, actor });
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  };

  const sourceOf = ({ topic, partition }: Pick<Message, 'topic' | 'partition'>): ViewSource => ({
    consumer: connectorStateConsumer,
    topic,
    partition,
  });

  const onDeleted = async (message: Message, version: number, before: KnownConnector | undefined): Promise<void> => {
    const connectorId = message.key;
    // First nobody can be linked any more, then everybody is unlinked: in this order nobody slips through.
    await views.apply({ writes: [write(connectorId, gone(version, before))], source: sourceOf(message) });
    await forEachUser(connectorId, { type: 'unlink', connectorId });
  };

  const onState = async (message: Message, record: ConnectorStateRecord | undefined): Promise<Write | undefined> => {
    const connectorId = message.key;
    const before = await view.get(connectorId);
    if (record === undefined) {
      // A tombstone: the deletion before it was seen, or was compacted away before it could be.
      if (before !== undefined && !before.deleted) await onDeleted(message, before.version + 1, before);
      return { view: connectorsView, key: connectorId, row: undefined };
    }
    if (before !== undefined && record.version < before.version) return undefined;
    if ('deleted' in record) {
      await onDeleted(message, record.version, before);
      return undefined;
    }
    const { reference, name, saml } = record.connector;
    if (before !== undefined && before.issuerUrl !== saml.issuerUrl) {
      await forEachUser(connectorId, { type: 'free', connectorId, reason: 'issuer_changed', ifLinked: true });
    }
    return write(connectorId, { reference, name, issuerUrl: saml.issuerUrl, version: record.version, deleted: false });
  };

  const applyMessage = async (message: Message): Promise<void> => {
    if (message.kind !== 'connector-state') return;
    const change = await onState(message, message.record);
    if (change !== undefined) await views.apply({ writes: [change], source: sourceOf(message) });
  };

  return {
    name: connectorStateConsumer,
    kind: 'reaction',
    topics: [connectorStateTopic],
    positions: () => views.positions(connectorStateConsumer),
    async apply({ topic, partition, messages, next }) {
      for (const message of messages) await applyMessage(message);
      await views.apply({ writes: [], position: { consumer: connectorStateConsumer, topic, partition, next } });
    },
    // The end of a connector may be among what was deleted: what is not told again is no longer known.
    onGap: (gap) => views.reset(sourceOf(gap), [connectorsView]),
  };
};
