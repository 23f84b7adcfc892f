import { Button, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';

/** Shown when a page itself has failed: a way out instead of an empty screen. */
export const BrokenPage = () => {
  useDocumentTitle('Something went wrong · Gatehouse');
  return (
    <main className="gate">
      <Paper withBorder radius="lg" p="xl" className="gate-card">
        <Stack>
          <Title order={1} size="h3">
            Something went wrong
          </Title>
          <Text size="sm">This page has run into a fault of its own. Nothing was changed on the server.</Text>
          <Button onClick={() => window.location.reload()}>Reload the page</Button>
        </Stack>
      </Paper>
    </main>
  );
};
