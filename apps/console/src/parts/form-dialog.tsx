import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem-alert.tsx';
import type { ServerForm } from './server-form.ts';

export interface FormDialogProps<Values extends object> {
  readonly server: ServerForm<Values>;
  readonly failure: string;
  readonly submit: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The inside of a dialog that asks for a few fields. */
export const DialogForm = <Values extends object>({
  server,
  failure,
  submit,
  onClose,
  children,
}: FormDialogProps<Values>) => (
  <form ref={server.ref} onSubmit={server.onSubmit} noValidate>
    <Stack>
      {server.problem !== undefined && <ProblemAlert title={failure} {...server.problem} />}
      {children}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={server.busy}>
          {submit}
        </Button>
      </Group>
    </Stack>
  </form>
);

export interface DialogProps {
  readonly opened: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog whose inside begins anew at every opening. */
export const Dialog = ({ opened, title, onClose, children }: DialogProps) => (
  <Modal opened={opened} onClose={onClose} title={title}>
    {children}
  </Modal>
);
