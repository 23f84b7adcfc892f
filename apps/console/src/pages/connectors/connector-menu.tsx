import type { Connector } from '@gatehouse/contracts';
import { ActionIcon, Menu } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSwitchConnector } from '../../api/connectors.ts';
import { CopyByHand, copyText } from '../../parts/copy.tsx';
import { Icon } from '../../parts/icons.tsx';
import { notifyDone, notifyFailure } from '../../parts/notify.ts';
import { useConsoleSession } from '../../shell/session-context.ts';
import { DeleteConnectorDialog } from './delete-connector-dialog.tsx';
import { DisableConnectorDialog } from './disable-connector-dialog.tsx';

/** The cogged wheel beside a connector, and what it opens. */
export const ConnectorMenu = ({ connector }: { readonly connector: Connector }) => {
  const { settings } = useConsoleSession();
  const change = useSwitchConnector();
  const [disabling, setDisabling] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [uncopied, setUncopied] = useState<string>();
  const copyLabel = `Copy the login address used on ${settings.appName}`;

  const copy = async (): Promise<void> => {
    if (await copyText(connector.loginAddress)) notifyDone(`Login address copied: ${connector.loginAddress}`);
    else setUncopied(connector.loginAddress);
  };
  const enable = async (): Promise<void> => {
    try {
      await change.mutateAsync({ id: connector.id, enabled: true });
      notifyDone(`${connector.name} is enabled`);
    } catch (error) {
      notifyFailure(`${connector.name} was not changed`, error);
    }
  };

  return (
    <>
      <Menu position="bottom-end" withinPortal shadow="md" width={300}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Actions for ${connector.name}`}>
            <Icon name="gear" size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => void copy()}>
            {copyLabel}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="edit" size={16} />} component={Link} to={`/connectors/${connector.id}`}>
            Edit
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="power" size={16} />}
            onClick={() => (connector.enabled ? setDisabling(true) : void enable())}
          >
            {connector.enabled ? 'Disable' : 'Enable'}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<Icon name="trash" size={16} />}
            className="menu-danger"
            onClick={() => setDeleting(true)}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DisableConnectorDialog connector={connector} opened={disabling} onClose={() => setDisabling(false)} />
      <DeleteConnectorDialog connector={connector} opened={deleting} onClose={() => setDeleting(false)} />
      <CopyByHand
        title={`Login address of ${connector.name}`}
        label="Login address"
        value={uncopied}
        onClose={() => setUncopied(undefined)}
      />
    </>
  );
};
