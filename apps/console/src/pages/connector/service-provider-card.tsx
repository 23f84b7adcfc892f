import { Paper, Stack, Text, Title } from '@mantine/core';
import { CopyField } from '../../parts/copy.tsx';
import { useConsoleSession } from '../../shell/session-context.ts';

/** What the identity provider must be told of this side; and, for a stored connector, the address to share. */
export const ServiceProviderCard = ({ loginAddress }: { readonly loginAddress?: string }) => {
  const { settings } = useConsoleSession();
  return (
    <Stack gap="md" className="form-aside" component="aside" aria-label="Values to copy">
      <Paper withBorder radius="md" p="lg">
        <Stack gap="xs">
          <div>
            <Title order={2} size="h5">
              For your identity provider
            </Title>
            <Text size="sm" c="dimmed">
              Enter these two there.
            </Text>
          </div>
          <CopyField label="Identifier" description="Also called entity ID or audience" value={settings.entityId} />
          <CopyField
            label="Reply URL"
            description="Also called ACS URL or assertion consumer service"
            value={settings.replyUrl}
          />
        </Stack>
      </Paper>
      {loginAddress !== undefined && (
        <Paper withBorder radius="md" p="lg">
          <Stack gap="xs">
            <div>
              <Title order={2} size="h5">
                For your users
              </Title>
              <Text size="sm" c="dimmed">
                Share this address: it starts the sign-in on {settings.appName}.
              </Text>
            </div>
            <CopyField label="Login address" value={loginAddress} />
          </Stack>
        </Paper>
      )}
    </Stack>
  );
};
