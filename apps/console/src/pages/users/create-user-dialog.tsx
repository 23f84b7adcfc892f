import { TextInput } from '@mantine/core';
import { useNavigate } from 'react-router';
import { useCreateUser } from '../../api/users.ts';
import { Dialog, DialogForm } from '../../parts/form-dialog.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { useServerForm } from '../../parts/server-form.ts';
import { userFields } from '../user/user-fields.ts';

export interface CreateUserDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export const CreateUserDialog = ({ opened, onClose }: CreateUserDialogProps) => (
  <Dialog opened={opened} onClose={onClose} title="Create a user">
    <CreateUserForm onClose={onClose} />
  </Dialog>
);

const CreateUserForm = ({ onClose }: Pick<CreateUserDialogProps, 'onClose'>) => {
  const create = useCreateUser();
  const navigate = useNavigate();
  const server = useServerForm({
    initialValues: { username: '', displayName: '' },
    map: userFields,
    send: async ({ username, displayName }) => {
      const name = displayName.trim();
      const user = await create.mutateAsync({ username, ...(name === '' ? {} : { displayName: name }) });
      notifyDone(`${user.username} is created. Link the user to an SSO connector.`);
      await navigate(`/users/${user.id}/connectors`);
    },
  });
  return (
    <DialogForm server={server} failure="The user was not created" submit="Create" onClose={onClose}>
      <TextInput
        label="Username"
        description="The e-mail address that the identity provider knows"
        type="email"
        required
        autoComplete="off"
        data-autofocus
        {...server.form.getInputProps('username')}
      />
      <TextInput label="Display name" autoComplete="off" {...server.form.getInputProps('displayName')} />
    </DialogForm>
  );
};
