import type { Session } from '@gatehouse/contracts';
import { Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useRevokeSession, useSessions } from '../../api/sessions.ts';
import { useCursorPages } from '../../parts/cursor-pages.ts';
import { type Column, DataTable, Nothing } from '../../parts/data-table.tsx';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { Page } from '../../parts/page.tsx';
import { personName } from '../../parts/person.ts';
import { ConnectorPicker, UserPicker } from '../../parts/pickers.tsx';
import { Time } from '../../parts/time.tsx';
import { browserWords } from './browser-words.ts';
import { RevokeAllDialog } from './revoke-all-dialog.tsx';

const user: Column<Session> = {
  key: 'user',
  title: 'User',
  cell: (session) => (
    <Anchor component={Link} to={`/users/${session.user.id}`} fw={600} fz="sm">
      {session.user.username}
    </Anchor>
  ),
};

const columns: readonly Column<Session>[] = [
  {
    key: 'connector',
    title: 'SSO connector',
    cell: ({ connector }) => (
      <Anchor component={Link} to={`/connectors/${connector.id}`} size="sm">
        {connector.name}
      </Anchor>
    ),
  },
  { key: 'started', title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { key: 'seen', title: 'Last seen', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
  { key: 'expires', title: 'Ends, if not used', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    key: 'browser',
    title: 'Browser',
    cell: ({ userAgent }) =>
      userAgent === undefined ? <Nothing /> : <span title={userAgent}>{browserWords(userAgent)}</span>,
  },
];

export const SessionsPage = () => {
  const [parameters, setParameters] = useSearchParams();
  const [revoking, setRevoking] = useState<Session>();
  const [revokingAll, setRevokingAll] = useState(false);
  const revoke = useRevokeSession();
  const filters = {
    user: parameters.get('user') ?? undefined,
    connector: parameters.get('connector') ?? undefined,
  };
  const isFiltered = filters.user !== undefined || filters.connector !== undefined;
  const pages = useCursorPages(`${filters.user}/${filters.connector}`);
  const list = useSessions(filters, pages.cursor);
  const filter = (name: 'user' | 'connector', id: string | undefined): void => {
    const next = new URLSearchParams(parameters);
    if (id === undefined) next.delete(name);
    else next.set(name, id);
    setParameters(next, { replace: true });
  };

  return (
    <Page
      title="Sessions"
      description="Who is signed in now, and through which connector."
      actions={
        isFiltered && (
          <Button variant="outline" color="red" className="button-danger" onClick={() => setRevokingAll(true)}>
            Revoke all of these
          </Button>
        )
      }
    >
      <Group gap="md" align="flex-end">
        <div className="filter-field">
          <UserPicker label="User" placeholder="All users" value={filters.user} onPick={(id) => filter('user', id)} />
        </div>
        <div className="filter-field">
          <ConnectorPicker
            label="SSO connector"
            placeholder="All connectors"
            value={filters.connector}
            onPick={(id) => filter('connector', id)}
          />
        </div>
      </Group>
      <ListView
        what="sessions"
        list={list}
        pages={pages}
        empty={{
          icon: 'sessions',
          title: 'No sessions',
          text: isFiltered ? 'Nobody is signed in by this choice.' : 'Nobody is signed in at the moment.',
        }}
      >
        {(sessions) => (
          <DataTable
            label="Sessions"
            rows={sessions}
            rowKey={({ id }) => id}
            head={user}
            columns={columns}
            fitsFrom={79}
            actions={(session) => (
              <Button
                size="xs"
                variant="default"
                aria-label={`Revoke the session of ${session.user.username} started ${session.startedAt}`}
                onClick={() => setRevoking(session)}
              >
                Revoke
              </Button>
            )}
          />
        )}
      </ListView>
      {revoking !== undefined && (
        <ConfirmDialog
          opened
          onClose={() => setRevoking(undefined)}
          title={`Revoke this session of ${personName(revoking.user)}?`}
          confirm="Revoke"
          onConfirm={async () => {
            await revoke.mutateAsync(revoking.id);
            notifyDone('The session is revoked');
          }}
        >
          <Text size="sm">The user is signed out in that browser at once, and may sign in again.</Text>
        </ConfirmDialog>
      )}
      <RevokeAllDialog opened={revokingAll} filters={filters} onClose={() => setRevokingAll(false)} />
    </Page>
  );
};
