import type { Connector } from '@gatehouse/contracts';
import { Loader, Text } from '@mantine/core';
import { type ConnectorUsage, useConnectorUsage, useDeleteConnector } from '../../api/connectors.ts';
import { counted } from '../../parts/counted.ts';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { connectorName } from './connector-words.ts';

export interface DeleteConnectorDialogProps {
  readonly connector: Connector;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export const DeleteConnectorDialog = ({ connector, opened, onClose }: DeleteConnectorDialogProps) => {
  const remove = useDeleteConnector();
  const usage = useConnectorUsage(connector.id, opened);
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete ${connectorName(connector)}?`}
      confirm="Delete"
      onConfirm={async () => {
        await remove.mutateAsync(connector);
        notifyDone(`${connector.name} is deleted`);
      }}
    >
      {usage.isPending && (
        <Text size="sm" component="div" role="status">
          <Loader size="xs" mr="xs" /> Counting who uses it…
        </Text>
      )}
      {usage.isError && (
        <Text size="sm">Who uses it could not be counted. Deleting it unlinks its users and ends their sessions.</Text>
      )}
      {usage.data !== undefined && <UsageWords usage={usage.data} />}
      <Text size="sm" mt="xs">
        Its login address stops working at once. This cannot be undone.
      </Text>
    </ConfirmDialog>
  );
};

const UsageWords = ({ usage }: { readonly usage: ConnectorUsage }) =>
  usage.users === 0 && usage.sessions === 0 ? (
    <Text size="sm">No user is linked to it, and nobody is signed in through it.</Text>
  ) : (
    <Text size="sm">
      This unlinks <strong>{counted(usage.users, 'user', 'users')}</strong> and ends{' '}
      <strong>{counted(usage.sessions, 'session', 'sessions')}</strong>.
    </Text>
  );
