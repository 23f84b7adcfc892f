import { TextInput } from '@mantine/core';
import { useCreateAdministrator } from '../../api/access.ts';
import { Dialog, DialogForm } from '../../parts/form-dialog.tsx';
import { notifyDone } from '../../parts/notify.ts';
import { PassphraseFields, repetitionErrors } from '../../parts/passphrase-fields.tsx';
import { useServerForm } from '../../parts/server-form.ts';

export interface CreateAdministratorDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export const CreateAdministratorDialog = ({ opened, onClose }: CreateAdministratorDialogProps) => (
  <Dialog opened={opened} onClose={onClose} title="Create an administrator">
    <CreateAdministratorForm onClose={onClose} />
  </Dialog>
);

const CreateAdministratorForm = ({ onClose }: Pick<CreateAdministratorDialogProps, 'onClose'>) => {
  const create = useCreateAdministrator();
  const server = useServerForm({
    initialValues: { username: '', displayName: '', passphrase: '', repeated: '' },
    map: {
      pointers: { '/username': 'username', '/displayName': 'displayName', '/passphrase': 'passphrase' },
      codes: { administrator_taken: 'username' },
    },
    before: repetitionErrors,
    send: async ({ username, displayName, passphrase }) => {
      const name = displayName.trim();
      const made = await create.mutateAsync({ username, passphrase, ...(name === '' ? {} : { displayName: name }) });
      notifyDone(`${made.username} may sign in now`);
      onClose();
    },
  });
  const { form } = server;
  return (
    <DialogForm server={server} failure="The administrator was not created" submit="Create" onClose={onClose}>
      <TextInput
        label="Username"
        description="An e-mail address"
        type="email"
        required
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('username')}
      />
      <TextInput label="Display name" autoComplete="off" {...form.getInputProps('displayName')} />
      <PassphraseFields passphrase={form.getInputProps('passphrase')} repeated={form.getInputProps('repeated')} />
    </DialogForm>
  );
};
