import type { Connector } from '@gatehouse/contracts';
import { Text } from '@mantine/core';
import { useSwitchConnector } from '../../api/connectors.ts';
import { counted } from '../../parts/counted.ts';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { ConnectorUsageWords } from './connector-usage.tsx';
import { connectorName } from './connector-words.ts';

export interface DisableConnectorDialogProps {
  readonly connector: Connector;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export const DisableConnectorDialog = ({ connector, opened, onClose }: DisableConnectorDialogProps) => {
  const change = useSwitchConnector();
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Disable ${connectorName(connector)}?`}
      confirm="Disable"
      onConfirm={async () => {
        await change.mutateAsync({ id: connector.id, enabled: false });
        notifyDone(`${connector.name} is disabled`);
      }}
    >
      <ConnectorUsageWords
        connectorId={connector.id}
        counting={opened}
        uncounted="Disabling it keeps its users out and ends their sessions."
      >
        {({ users, sessions }) => (
          <>
            This keeps <strong>{counted(users, 'linked user', 'linked users')}</strong> from signing in through it and
            ends <strong>{counted(sessions, 'session', 'sessions')}</strong>.
          </>
        )}
      </ConnectorUsageWords>
      <Text size="sm" mt="xs">
        Its login address stops working at once. It works again, with the same users, when you enable it.
      </Text>
    </ConfirmDialog>
  );
};
