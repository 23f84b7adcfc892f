import type { Connector } from '@gatehouse/contracts';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { isCode } from '../../api/client.ts';
import { useConnector, useUpdateConnector } from '../../api/connectors.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { ConflictAlert } from '../../parts/conflict-alert.tsx';
import { ListSkeleton } from '../../parts/list-view.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useServerForm } from '../../parts/server-form.ts';
import { ConnectorState } from '../connectors/connector-state.tsx';
import { ConnectorForm } from './connector-form.tsx';
import { connectorFields, patchOf, valuesOf } from './connector-values.ts';
import { ServiceProviderCard } from './service-provider-card.tsx';

const back = <BackLink to="/connectors" label="SSO connectors" />;

export const EditConnectorPage = () => {
  const { id = '' } = useParams();
  const connector = useConnector(id);
  const [edition, setEdition] = useState(0);

  if (connector.data !== undefined && connector.isFetchedAfterMount) {
    const reload = async (): Promise<void> => {
      await connector.refetch();
      setEdition((count) => count + 1);
    };
    // The form keeps the version that it was opened with: an answer that arrives later must not slip under it.
    return <EditConnector key={`${id}/${edition}`} opened={connector.data} onReload={() => void reload()} />;
  }
  return (
    <Page title="Connector" above={back}>
      {connector.isError ? (
        <ProblemAlert
          title="The connector could not be loaded"
          error={connector.error}
          retry={{ label: 'Try again', run: () => void connector.refetch() }}
        />
      ) : (
        <ListSkeleton what="connector" />
      )}
    </Page>
  );
};

interface EditConnectorProps {
  readonly opened: Connector;
  readonly onReload: () => void;
}

const EditConnector = ({ opened, onReload }: EditConnectorProps) => {
  const [connector] = useState(opened);
  const update = useUpdateConnector(connector.id);
  const navigate = useNavigate();
  const stored = valuesOf(connector);
  const server = useServerForm({
    initialValues: stored,
    map: connectorFields,
    send: async (values) => {
      const patch = patchOf(stored, values);
      if (patch !== undefined) {
        await update.mutateAsync({ version: connector.version, patch });
        notifyDone(`${values.name} is saved`);
      }
      await navigate('/connectors');
    },
  });
  const { problem } = server;
  return (
    <Page title={connector.name} badge={<ConnectorState connector={connector} />} above={back}>
      <div className="form-grid">
        <ConnectorForm
          server={server}
          stored={stored}
          isNew={false}
          saveLabel="Save"
          notice={
            problem !== undefined &&
            (isCode(problem.error, 'version_conflict') ? (
              <ConflictAlert what="connector" onReload={onReload} />
            ) : (
              <ProblemAlert title="The connector was not saved" {...problem} />
            ))
          }
        />
        <ServiceProviderCard loginAddress={connector.loginAddress} />
      </div>
    </Page>
  );
};
