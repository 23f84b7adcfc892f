import type { User } from '@gatehouse/contracts';
import { Anchor, Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useSearchParams } from 'react-router';
import { useUsers } from '../../api/users.ts';
import { useCursorPages } from '../../parts/cursor-pages.ts';
import { type Column, DataTable, Nothing } from '../../parts/data-table.tsx';
import { Icon } from '../../parts/icons.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { Page } from '../../parts/page.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Time } from '../../parts/time.tsx';
import { CreateUserDialog } from './create-user-dialog.tsx';
import { UserStatusBadge } from './user-status-badge.tsx';

const username: Column<User> = {
  key: 'username',
  title: 'Username',
  cell: (user) => (
    <Anchor component={Link} to={`/users/${user.id}`} fw={600} fz="sm">
      {user.username}
    </Anchor>
  ),
};

const columns: readonly Column<User>[] = [
  { key: 'name', title: 'Display name', cell: ({ displayName }) => (displayName === '' ? <Nothing /> : displayName) },
  { key: 'status', title: 'Status', cell: ({ status }) => <UserStatusBadge status={status} /> },
  { key: 'created', title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { key: 'updated', title: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
];

export const UsersPage = () => {
  const [parameters, setParameters] = useSearchParams();
  const [creating, { open, close }] = useDisclosure(false);
  const q = parameters.get('q') ?? '';
  const pages = useCursorPages(q);
  const list = useUsers({ q }, pages.cursor);
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={open}>
      Create a user
    </Button>
  );
  return (
    <Page
      title="Users"
      description="People who may sign in. A username is an e-mail address and must match the one at the identity provider."
      actions={create}
    >
      <Group>
        <SearchField
          label="Search the users"
          placeholder="Username or display name"
          value={q}
          onSearch={(words) => setParameters(words === '' ? {} : { q: words }, { replace: true })}
        />
      </Group>
      <ListView
        what="users"
        list={list}
        pages={pages}
        empty={
          q === ''
            ? {
                icon: 'users',
                title: 'No users yet',
                text: 'Create a user, then link him to an SSO connector.',
                action: create,
              }
            : { icon: 'search', title: 'No user found', text: `None matches “${q}”.` }
        }
      >
        {(users) => <DataTable label="Users" rows={users} rowKey={({ id }) => id} head={username} columns={columns} />}
      </ListView>
      <CreateUserDialog opened={creating} onClose={close} />
    </Page>
  );
};
