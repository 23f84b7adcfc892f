import type { Connector } from '@gatehouse/contracts';
import { Text } from '@mantine/core';
import { useDeleteConnector } from '../../api/connectors.ts';
import { counted } from '../../parts/counted.ts';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { ConnectorUsageWords } from './connector-usage.tsx';
import { connectorName } from './connector-words.ts';

export interface DeleteConnectorDialogProps {
  readonly connector: Connector;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export const DeleteConnectorDialog = ({ connector, opened, onClose }: DeleteConnectorDialogProps) => {
  const remove = useDeleteConnector();
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
      <ConnectorUsageWords
        connectorId={connector.id}
        counting={opened}
        uncounted="Deleting it unlinks its users and ends their sessions."
      >
        {({ users, sessions }) => (
          <>
            This unlinks <strong>{counted(users, 'user', 'users')}</strong> and ends{' '}
            <strong>{counted(sessions, 'session', 'sessions')}</strong>.
          </>
        )}
      </ConnectorUsageWords>
      <Text size="sm" mt="xs">
        Its login address stops working at once. This cannot be undone.
      </Text>
    </ConfirmDialog>
  );
};
