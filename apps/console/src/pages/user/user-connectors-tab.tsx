import type { User, UserConnector } from '@gatehouse/contracts';
import { Anchor, Badge, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { type LinkAction, useChangeLink, useUserConnectors } from '../../api/users.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { notifyDone, notifyFailure } from '../../parts/notify.ts';
import { ConnectorPicker } from '../../parts/pickers.tsx';
import { Time } from '../../parts/time.tsx';

const name: Column<UserConnector> = {
  key: 'name',
  title: 'Name',
  cell: (link) => (
    <Anchor component={Link} to={`/connectors/${link.connectorId}`} fw={600} fz="sm">
      {link.name}
    </Anchor>
  ),
};

const columns: readonly Column<UserConnector>[] = [
  { key: 'reference', title: 'Reference', cell: ({ reference }) => <span className="break">{reference}</span> },
  { key: 'linked', title: 'Linked', cell: ({ linkedAt }) => <Time at={linkedAt} /> },
  { key: 'login', title: 'Last login', cell: ({ lastLoginAt }) => <Time at={lastLoginAt} /> },
  {
    key: 'bound',
    title: 'Subject',
    cell: ({ bound }) =>
      bound ? (
        <Badge color="teal" size="sm">
          Bound
        </Badge>
      ) : (
        <Badge color="gray" size="sm">
          Not bound yet
        </Badge>
      ),
  },
];

interface Question {
  readonly link: UserConnector;
  readonly action: Exclude<LinkAction, 'link'>;
}

export const UserConnectorsTab = ({ user }: { readonly user: User }) => {
  const links = useUserConnectors(user.id);
  const change = useChangeLink(user.id);
  const [question, setQuestion] = useState<Question>();

  return (
    <Stack gap="lg">
      <LinkConnector user={user} linked={(links.data?.items ?? []).map(({ connectorId }) => connectorId)} />
      <ListView
        what="SSO connectors of this user"
        list={links}
        empty={{
          icon: 'connectors',
          title: 'Not linked to any connector',
          text: 'Without a link there is no sign-in. Choose a connector above.',
        }}
      >
        {(items) => (
          <DataTable
            label="SSO connectors of this user"
            rows={items}
            rowKey={({ connectorId }) => connectorId}
            head={name}
            columns={columns}
            fitsFrom={79}
            actions={(link) => (
              <Group gap="xs" justify="flex-end" wrap="nowrap">
                {link.bound && (
                  <Button size="xs" variant="default" onClick={() => setQuestion({ link, action: 'free' })}>
                    Free the subject
                  </Button>
                )}
                <Button size="xs" variant="default" onClick={() => setQuestion({ link, action: 'unlink' })}>
                  Unlink
                </Button>
              </Group>
            )}
          />
        )}
      </ListView>
      <Text size="sm" c="dimmed">
        At the first sign-in through a connector the identity provider&apos;s own name for the user, the subject, is
        bound to the link. From then on only that subject signs in as this user, whatever e-mail address it comes with.
      </Text>
      {question !== undefined && (
        <ConfirmDialog
          opened
          onClose={() => setQuestion(undefined)}
          title={
            question.action === 'unlink'
              ? `Unlink ${question.link.name}?`
              : `Free the subject of ${question.link.name}?`
          }
          confirm={question.action === 'unlink' ? 'Unlink' : 'Free the subject'}
          onConfirm={async () => {
            await change.mutateAsync({ connectorId: question.link.connectorId, action: question.action });
            notifyDone(question.action === 'unlink' ? `${question.link.name} is unlinked` : 'The subject is free');
          }}
        >
          <Text size="sm">
            {question.action === 'unlink'
              ? `${user.username} can no longer sign in through it, and sessions started through it end at once.`
              : `The next sign-in through it is matched by the e-mail address again and binds anew. Sessions started through it end at once.`}
          </Text>
        </ConfirmDialog>
      )}
    </Stack>
  );
};

const LinkConnector = ({ user, linked }: { readonly user: User; readonly linked: readonly string[] }) => {
  const [picked, setPicked] = useState<string>();
  const change = useChangeLink(user.id);
  const link = async (): Promise<void> => {
    if (picked === undefined) return;
    try {
      await change.mutateAsync({ connectorId: picked, action: 'link' });
      setPicked(undefined);
      notifyDone('The connector is linked');
    } catch (error) {
      notifyFailure('The connector was not linked', error);
    }
  };
  return (
    <Paper withBorder radius="md" p={{ base: 'md', sm: 'lg' }}>
      <form
        aria-label="Link a connector"
        onSubmit={(event) => {
          event.preventDefault();
          void link();
        }}
      >
        <Group align="flex-end" gap="sm">
          <div className="filter-field">
            <ConnectorPicker
              label="Link a connector"
              placeholder="Search by name or reference"
              value={picked}
              onPick={setPicked}
              without={linked}
            />
          </div>
          <Button type="submit" disabled={picked === undefined} loading={change.isPending}>
            Link
          </Button>
        </Group>
      </form>
    </Paper>
  );
};
