import type { User } from '@gatehouse/contracts';
import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useDeleteUser, useSwitchUser } from '../../api/users.ts';
import { ConfirmDialog } from '../../parts/dialogs.tsx';
import { notifyDone, notifyFailure } from '../../parts/notify.ts';
import { personName } from '../../parts/person.ts';

/** Suspend, reactivate, delete. */
export const UserActions = ({ user }: { readonly user: User }) => {
  const [asking, setAsking] = useState<'suspend' | 'delete'>();
  const change = useSwitchUser(user.id);
  const remove = useDeleteUser();
  const navigate = useNavigate();
  const close = (): void => setAsking(undefined);

  const reactivate = async (): Promise<void> => {
    try {
      await change.mutateAsync('reactivate');
      notifyDone(`${user.username} may sign in again`);
    } catch (error) {
      notifyFailure(`${user.username} is still suspended`, error);
    }
  };

  return (
    <>
      {user.status === 'active' ? (
        <Button variant="default" onClick={() => setAsking('suspend')}>
          Suspend
        </Button>
      ) : (
        <Button variant="default" loading={change.isPending} onClick={() => void reactivate()}>
          Reactivate
        </Button>
      )}
      <Button variant="outline" color="red" className="button-danger" onClick={() => setAsking('delete')}>
        Delete
      </Button>
      <ConfirmDialog
        opened={asking === 'suspend'}
        onClose={close}
        title={`Suspend ${personName(user)}?`}
        confirm="Suspend"
        onConfirm={async () => {
          await change.mutateAsync('suspend');
          notifyDone(`${user.username} is suspended and signed out`);
        }}
      >
        <Text size="sm">All sessions end at once, and no sign-in works until the user is reactivated. Links stay.</Text>
      </ConfirmDialog>
      <ConfirmDialog
        opened={asking === 'delete'}
        onClose={close}
        title={`Delete ${personName(user)}?`}
        confirm="Delete"
        onConfirm={async () => {
          await remove.mutateAsync(user);
          notifyDone(`${user.username} is deleted`);
          await navigate('/users', { replace: true });
        }}
      >
        <Text size="sm">
          All sessions and links end at once, and the name is replaced by a pseudonym in the audit. This cannot be
          undone.
        </Text>
      </ConfirmDialog>
    </>
  );
};
