import { useNavigate } from 'react-router';
import { useCreateConnector } from '../../api/connectors.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useServerForm } from '../../parts/server-form.ts';
import { ConnectorForm } from './connector-form.tsx';
import { connectorFields, emptyConnector, inputOf } from './connector-values.ts';
import { ServiceProviderCard } from './service-provider-card.tsx';

export const NewConnectorPage = () => {
  const create = useCreateConnector();
  const navigate = useNavigate();
  const server = useServerForm({
    initialValues: emptyConnector,
    map: connectorFields,
    send: async (values) => {
      const made = await create.mutateAsync(inputOf(values));
      notifyDone(`${made.name} is created. Link users to it, then share its login address.`);
      await navigate('/connectors');
    },
  });
  return (
    <Page
      title="Create a connector"
      description="It is enabled as soon as it is created."
      above={<BackLink to="/connectors" label="SSO connectors" />}
    >
      <div className="form-grid">
        <ConnectorForm
          server={server}
          stored={emptyConnector}
          isNew
          saveLabel="Create"
          notice={
            server.problem !== undefined && <ProblemAlert title="The connector was not created" {...server.problem} />
          }
        />
        <ServiceProviderCard />
      </div>
    </Page>
  );
};
