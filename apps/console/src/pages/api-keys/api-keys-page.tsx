import type { ApiKey } from '@gatehouse/contracts';
import { Badge, Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useApiKeys, useDeleteApiKey } from '../../api/access.ts';
import { useCursorPages } from '../../parts/cursor-pages.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { Icon } from '../../parts/icons.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { Page } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { CreateApiKeyDialog } from './create-api-key-dialog.tsx';
import { rightWords } from './right-words.ts';

const name: Column<ApiKey> = { key: 'name', title: 'Name', cell: (key) => <span className="break">{key.name}</span> };

const columns: readonly Column<ApiKey>[] = [
  {
    key: 'rights',
    title: 'Rights',
    cell: ({ rights }) => (
      <Group gap={6}>
        {rights.map((right) => (
          <Badge key={right} color="gray" size="sm" title={rightWords[right].description}>
            {rightWords[right].label}
          </Badge>
        ))}
      </Group>
    ),
  },
  { key: 'expires', title: 'Expires', cell: (key) => <Expiry apiKey={key} /> },
  { key: 'created', title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

const Expiry = ({ apiKey }: { readonly apiKey: ApiKey }) => {
  if (apiKey.expiresAt === undefined) return 'Never';
  if (Date.parse(apiKey.expiresAt) > Date.now()) return <Time at={apiKey.expiresAt} />;
  return (
    <Badge color="red" size="sm">
      Expired
    </Badge>
  );
};

export const ApiKeysPage = () => {
  const [creating, { open, close }] = useDisclosure(false);
  const [deleting, setDeleting] = useState<ApiKey>();
  const pages = useCursorPages('api-keys');
  const list = useApiKeys(pages.cursor);
  const remove = useDeleteApiKey();
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={open}>
      Create an API key
    </Button>
  );
  return (
    <Page title="API keys" description="For services and scripts that call Gatehouse." actions={create}>
      <ListView
        what="API keys"
        list={list}
        pages={pages}
        empty={{
          icon: 'key',
          title: 'No API keys yet',
          text: 'Give each service a key of its own, with no more rights than it needs.',
          action: create,
        }}
      >
        {(keys) => (
          <DataTable
            label="API keys"
            rows={keys}
            rowKey={({ id }) => id}
            head={name}
            columns={columns}
            actions={(key) => (
              <Button
                size="xs"
                variant="default"
                aria-label={`Delete the API key ${key.name}`}
                onClick={() => setDeleting(key)}
              >
                Delete
              </Button>
            )}
          />
        )}
      </ListView>
      <CreateApiKeyDialog opened={creating} onClose={close} />
      {deleting !== undefined && (
        <ConfirmDialog
          opened
          onClose={() => setDeleting(undefined)}
          title={`Delete the API key ${deleting.name}?`}
          confirm="Delete"
          onConfirm={async () => {
            await remove.mutateAsync(deleting.id);
            notifyDone(`The API key ${deleting.name} is deleted`);
          }}
        >
          <Text size="sm">Whoever uses it is refused at once. This cannot be undone.</Text>
        </ConfirmDialog>
      )}
    </Page>
  );
};
