import { Button, Group, Modal, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { ProblemAlert } from './problem-alert.tsx';

export interface ConfirmDialogProps {
  readonly opened: boolean;
  readonly title: string;
  /** What will happen, and to how many. */
  readonly children: ReactNode;
  /** The verb itself: `Delete`, `Suspend`. */
  readonly confirm: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before what cannot be taken back. The dialog stays, with the reason, when the server refuses. */
export const ConfirmDialog = ({ opened, title, children, confirm, onConfirm, onClose }: ConfirmDialogProps) => (
  <Modal opened={opened} onClose={onClose} title={title}>
    <Confirmation confirm={confirm} onConfirm={onConfirm} onClose={onClose}>
      {children}
    </Confirmation>
  </Modal>
);

type ConfirmationProps = Pick<ConfirmDialogProps, 'children' | 'confirm' | 'onConfirm' | 'onClose'>;

const Confirmation = ({ children, confirm, onConfirm, onClose }: ConfirmationProps) => {
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: unknown }>({ busy: false });
  const run = async (): Promise<void> => {
    setState({ busy: true });
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <Stack gap="md">
      <div className="dialog-text">{children}</div>
      {state.error !== undefined && <ProblemAlert title={`${confirm}: not done`} error={state.error} />}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red" loading={state.busy} onClick={() => void run()}>
          {confirm}
        </Button>
      </Group>
    </Stack>
  );
};
