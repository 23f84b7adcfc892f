import type { User } from '@gatehouse/contracts';
import { Button, Group, Tabs } from '@mantine/core';
import { Link, useNavigate, useParams } from 'react-router';
import { useUser } from '../../api/users.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { ListSkeleton } from '../../parts/list-view.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { UserStatusBadge } from '../users/user-status-badge.tsx';
import { ProfileTab } from './profile-tab.tsx';
import { UserActions } from './user-actions.tsx';
import { UserConnectorsTab } from './user-connectors-tab.tsx';

const back = <BackLink to="/users" label="Users" />;

export const UserPage = () => {
  const { id = '', tab } = useParams();
  const user = useUser(id);
  if (user.data !== undefined) {
    return (
      <UserCard
        user={user.data}
        tab={tab === 'connectors' ? 'connectors' : 'profile'}
        onReload={() => user.refetch()}
      />
    );
  }
  return (
    <Page title="User" above={back}>
      {user.isError ? (
        <ProblemAlert
          title="The user could not be loaded"
          error={user.error}
          retry={{ label: 'Try again', run: () => void user.refetch() }}
        />
      ) : (
        <ListSkeleton what="user" />
      )}
    </Page>
  );
};

interface UserCardProps {
  readonly user: User;
  readonly tab: 'profile' | 'connectors';
  readonly onReload: () => Promise<unknown>;
}

const UserCard = ({ user, tab, onReload }: UserCardProps) => {
  const navigate = useNavigate();
  const open = (next: string | null): void => {
    void navigate(next === 'connectors' ? `/users/${user.id}/connectors` : `/users/${user.id}`, { replace: true });
  };
  return (
    <Page
      title={user.displayName === '' ? user.username : user.displayName}
      description={user.displayName === '' ? undefined : user.username}
      badge={<UserStatusBadge status={user.status} />}
      above={back}
      actions={
        <Group gap="sm">
          <Button variant="default" component={Link} to={`/sessions?user=${user.id}`}>
            Sessions
          </Button>
          <UserActions user={user} />
        </Group>
      }
    >
      <Tabs value={tab} onChange={open} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="profile">Profile</Tabs.Tab>
          <Tabs.Tab value="connectors">SSO connectors</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="profile">
          <ProfileTab user={user} onReload={onReload} />
        </Tabs.Panel>
        <Tabs.Panel value="connectors">
          <UserConnectorsTab user={user} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
};
