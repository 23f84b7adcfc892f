import { Button, Group } from '@mantine/core';
import { Link } from 'react-router';
import { Page } from '../../parts/page.tsx';

export const NotFoundPage = () => (
  <Page title="Page not found" description="There is nothing at this address of the console.">
    <Group>
      <Button component={Link} to="/connectors">
        Go to the SSO connectors
      </Button>
    </Group>
  </Page>
);
