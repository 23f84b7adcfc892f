import { Text } from '@mantine/core';
import { useRevokeSessions } from '../../api/sessions.ts';
import { counted } from '../../parts/counted.ts';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { notifyDone } from '../../parts/notify.ts';

export interface RevokeAllDialogProps {
  readonly opened: boolean;
  /** At least one of the two is set. */
  readonly filters: { readonly user: string | undefined; readonly connector: string | undefined };
  readonly onClose: () => void;
}

const scope = ({ user, connector }: RevokeAllDialogProps['filters']): string => {
  if (connector === undefined) return 'all sessions of this user';
  return user === undefined
    ? 'all sessions through this connector'
    : 'all sessions of this user through this connector';
};

export const RevokeAllDialog = ({ opened, filters, onClose }: RevokeAllDialogProps) => {
  const revoke = useRevokeSessions();
  const { user, connector } = filters;
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Revoke ${scope(filters)}?`}
      confirm="Revoke all"
      onConfirm={async () => {
        const { revoked } = await revoke.mutateAsync({
          ...(user === undefined ? {} : { user }),
          ...(connector === undefined ? {} : { connector }),
        });
        notifyDone(`${counted(revoked, 'session is', 'sessions are')} revoked`);
      }}
    >
      <Text size="sm">They end at once, on every page of the list. Signing in again is possible.</Text>
    </ConfirmDialog>
  );
};
