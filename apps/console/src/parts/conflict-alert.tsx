import { Alert, Button, Text } from '@mantine/core';
import { Icon } from './icons.tsx';

/** Somebody else was quicker: what is on the screen is old, and saving it would undo the other change. */
export const ConflictAlert = ({ what, onReload }: { readonly what: string; readonly onReload: () => void }) => (
  <Alert color="orange" title={`Somebody else changed this ${what}`} icon={<Icon name="warning" />} role="alert">
    <Text size="sm">
      Your change was not saved. Reload to see the current version; what you have entered here is then gone, so copy
      what you still need.
    </Text>
    <Button size="xs" variant="default" mt="sm" onClick={onReload}>
      Reload
    </Button>
  </Alert>
);
