import type { CreatedApiKey, Right } from '@gatehouse/contracts';
import { rights } from '@gatehouse/contracts/access';
import { Alert, Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCreateApiKey } from '../../api/access.ts';
import { CopyField } from '../../parts/copy.tsx';
import { DialogForm } from '../../parts/form-dialog.tsx';
import { useServerForm } from '../../parts/server-form.ts';
import { endOfDay, rightWords } from './right-words.ts';

export interface CreateApiKeyDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Asks what the key may do, then shows it, once. While it is shown only the button closes the dialog. */
export const CreateApiKeyDialog = ({ opened, onClose }: CreateApiKeyDialogProps) => {
  const [made, setMade] = useState<CreatedApiKey>();
  const close = (): void => {
    setMade(undefined);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made === undefined ? 'Create an API key' : `The API key ${made.name}`}
      closeOnClickOutside={made === undefined}
      closeOnEscape={made === undefined}
      withCloseButton={made === undefined}
    >
      {made === undefined ? (
        <CreateApiKeyForm onMade={setMade} onClose={close} />
      ) : (
        <KeyShownOnce made={made} onClose={close} />
      )}
    </Modal>
  );
};

const KeyShownOnce = ({ made, onClose }: { readonly made: CreatedApiKey; readonly onClose: () => void }) => (
  <Stack>
    <Alert color="orange" title="Copy it now">
      Only its hash is stored: the key cannot be shown again.
    </Alert>
    <CopyField label="API key" value={made.key} />
    <Group justify="flex-end">
      <Button onClick={onClose}>I have copied it</Button>
    </Group>
  </Stack>
);

interface CreateApiKeyFormProps {
  readonly onMade: (made: CreatedApiKey) => void;
  readonly onClose: () => void;
}

const CreateApiKeyForm = ({ onMade, onClose }: CreateApiKeyFormProps) => {
  const create = useCreateApiKey();
  const server = useServerForm<{ name: string; rights: Right[]; expires: string }>({
    initialValues: { name: '', rights: [], expires: '' },
    map: { pointers: { '/name': 'name', '/rights': 'rights', '/expiresAt': 'expires' } },
    send: async ({ name, rights: chosen, expires }) => {
      const expiresAt = endOfDay(expires);
      onMade(await create.mutateAsync({ name, rights: chosen, ...(expiresAt === undefined ? {} : { expiresAt }) }));
    },
  });
  const { form } = server;
  return (
    <DialogForm server={server} failure="The API key was not created" submit="Create" onClose={onClose}>
      <TextInput
        label="Name"
        description="Which service or script uses it"
        required
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Checkbox.Group label="Rights" required {...form.getInputProps('rights')}>
        <Stack gap="xs" mt={6}>
          {rights.map((right) => (
            <Checkbox
              key={right}
              value={right}
              label={rightWords[right].label}
              description={rightWords[right].description}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <TextInput
        label="Expires"
        description="At the end of that day; empty for never"
        type="date"
        {...form.getInputProps('expires')}
      />
    </DialogForm>
  );
};
