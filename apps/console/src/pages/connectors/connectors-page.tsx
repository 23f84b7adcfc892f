import type { Connector } from '@gatehouse/contracts';
import { Anchor, Button, Group } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { useConnectors } from '../../api/connectors.ts';
import { useCursorPages } from '../../parts/cursor-pages.ts';
import { type Column, DataTable, LongValue, Nothing } from '../../parts/data-table.tsx';
import { Icon } from '../../parts/icons.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { Page } from '../../parts/page.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { ConnectorMenu } from './connector-menu.tsx';
import { ConnectorState } from './connector-state.tsx';
import { nameIdFormatLabel, typeWords } from './connector-words.ts';

const name: Column<Connector> = {
  key: 'name',
  title: 'Name',
  cell: (connector) => (
    <Group gap={8} wrap="wrap">
      <Anchor component={Link} to={`/connectors/${connector.id}`} fw={600} fz="sm">
        {connector.name}
      </Anchor>
      <ConnectorState connector={connector} />
    </Group>
  ),
};

const columns: readonly Column<Connector>[] = [
  { key: 'reference', title: 'Reference', cell: ({ reference }) => <span className="break">{reference}</span> },
  { key: 'type', title: 'Type', cell: ({ type }) => <span className="no-break">{typeWords[type] ?? type}</span> },
  // Connectors of type OAUTH2 have one; none of the type exists yet.
  { key: 'method', title: 'Authentication method', cell: () => <Nothing />, hasValue: () => false },
  { key: 'issuer', title: 'Issuer URL', cut: true, cell: ({ saml }) => <LongValue value={saml.issuerUrl} /> },
  { key: 'endpoint', title: 'Endpoint', cut: true, cell: ({ saml }) => <LongValue value={saml.endpoint} /> },
  {
    key: 'format',
    title: 'SAML identifier format',
    cut: true,
    cell: ({ saml }) => <LongValue value={nameIdFormatLabel(saml.nameIdFormat)} />,
  },
];

export const ConnectorsPage = () => {
  const [parameters, setParameters] = useSearchParams();
  const q = parameters.get('q') ?? '';
  const pages = useCursorPages(q);
  const list = useConnectors({ q }, pages.cursor);
  const create = (
    <Button component={Link} to="/connectors/new" leftSection={<Icon name="plus" size={16} />}>
      Create a connector
    </Button>
  );
  return (
    <Page
      title="SSO connectors"
      description="Each connector lets people sign in through one identity provider."
      actions={create}
    >
      <Group>
        <SearchField
          label="Search the connectors"
          placeholder="Name, reference or issuer"
          value={q}
          onSearch={(words) => setParameters(words === '' ? {} : { q: words }, { replace: true })}
        />
      </Group>
      <ListView
        what="connectors"
        list={list}
        pages={pages}
        empty={
          q === ''
            ? {
                icon: 'connectors',
                title: 'No connectors yet',
                text: 'Create one from the data that your identity provider gives you.',
                action: create,
              }
            : { icon: 'search', title: 'No connector found', text: `None matches “${q}”.` }
        }
      >
        {(connectors) => (
          <DataTable
            label="SSO connectors"
            rows={connectors}
            rowKey={({ id }) => id}
            head={name}
            columns={columns}
            fitsFrom={79}
            actions={(connector) => <ConnectorMenu connector={connector} />}
          />
        )}
      </ListView>
    </Page>
  );
};
