import type { Administrator } from '@gatehouse/contracts';
import { Badge, Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useAdministrators, useDeleteAdministrator } from '../../api/access.ts';
import { useCursorPages } from '../../parts/cursor-pages.ts';
import { type Column, DataTable, Nothing } from '../../parts/data-table.tsx';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { Icon } from '../../parts/icons.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { Page } from '../../parts/page.tsx';
import { personName } from '../../parts/person.ts';
import { Time } from '../../parts/time.tsx';
import { useConsoleSession } from '../../shell/session-context.ts';
import { CreateAdministratorDialog } from './create-administrator-dialog.tsx';

const columns: readonly Column<Administrator>[] = [
  { key: 'name', title: 'Display name', cell: ({ displayName }) => (displayName === '' ? <Nothing /> : displayName) },
  { key: 'created', title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export const AdministratorsPage = () => {
  const session = useConsoleSession();
  const [creating, { open, close }] = useDisclosure(false);
  const [removing, setRemoving] = useState<Administrator>();
  const pages = useCursorPages('administrators');
  const list = useAdministrators(pages.cursor);
  const remove = useDeleteAdministrator();
  const username: Column<Administrator> = {
    key: 'username',
    title: 'Username',
    cell: ({ id, username: name }) => (
      <Group gap={8}>
        <span className="break">{name}</span>
        {id === session.administrator.id && <Badge size="sm">You</Badge>}
      </Group>
    ),
  };
  return (
    <Page
      title="Administrators"
      description="They sign in to this console with a name and a passphrase, and may do everything here. Users are managed apart."
      actions={
        <Button leftSection={<Icon name="plus" size={16} />} onClick={open}>
          Create an administrator
        </Button>
      }
    >
      <ListView
        what="administrators"
        list={list}
        pages={pages}
        empty={{
          icon: 'administrators',
          title: 'No administrators',
          text: 'API keys alone can reach this installation.',
        }}
      >
        {(administrators) => (
          <DataTable
            label="Administrators"
            rows={administrators}
            rowKey={({ id }) => id}
            head={username}
            columns={columns}
            actions={(administrator) => (
              <Button
                size="xs"
                variant="default"
                aria-label={`Remove ${administrator.username}`}
                onClick={() => setRemoving(administrator)}
              >
                Remove
              </Button>
            )}
          />
        )}
      </ListView>
      <CreateAdministratorDialog opened={creating} onClose={close} />
      {removing !== undefined && (
        <ConfirmDialog
          opened
          onClose={() => setRemoving(undefined)}
          title={`Remove ${personName(removing)}?`}
          confirm="Remove"
          onConfirm={async () => {
            await remove.mutateAsync(removing.id);
            notifyDone(`${removing.username} is removed`);
          }}
        >
          <Text size="sm">
            {removing.id === session.administrator.id
              ? 'This is you: you are signed out at once and cannot come back by yourself.'
              : 'The console sessions of this administrator end at once. API keys stay.'}
          </Text>
        </ConfirmDialog>
      )}
    </Page>
  );
};
