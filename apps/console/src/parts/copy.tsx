import { ActionIcon, Group, Modal, Text, TextInput, Tooltip } from '@mantine/core';
import { useRef, useState } from 'react';
import { Icon } from './icons.tsx';

/**
 * Puts a text on the clipboard.
 * @returns false where the browser has no clipboard for this page (an http origin) or refuses it
 */
export const copyText = async (text: string): Promise<boolean> => {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard === undefined) return false;
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};

const byHand = 'Selected. Press Ctrl+C (⌘C on a Mac) to copy.';

export interface CopyFieldProps {
  readonly label: string;
  readonly value: string;
  readonly description?: string;
  /** Select the text at once: for where copying has failed already. */
  readonly selected?: boolean;
}

/** A value to take elsewhere. Where the clipboard is closed to the page, the text is selected for the reader's own keys. */
export const CopyField = ({ label, value, description, selected = false }: CopyFieldProps) => {
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<'copied' | 'selected' | undefined>(selected ? 'selected' : undefined);
  const copy = async (): Promise<void> => {
    if (await copyText(value)) {
      setOutcome('copied');
      return;
    }
    field.current?.focus();
    field.current?.select();
    setOutcome('selected');
  };
  return (
    <div>
      <TextInput
        ref={field}
        label={label}
        description={description}
        value={value}
        readOnly
        data-autofocus={selected || undefined}
        onFocus={(event) => event.currentTarget.select()}
        classNames={{ input: 'copy-field-input' }}
        rightSection={
          <Tooltip label={outcome === 'copied' ? 'Copied' : 'Copy'} withinPortal={false}>
            <ActionIcon variant="subtle" aria-label={`Copy the ${label}`} onClick={() => void copy()}>
              <Icon name={outcome === 'copied' ? 'check' : 'copy'} />
            </ActionIcon>
          </Tooltip>
        }
      />
      <Text size="xs" c="dimmed" mt={4} role="status">
        {outcome === 'copied' && 'Copied.'}
        {outcome === 'selected' && byHand}
      </Text>
    </div>
  );
};

export interface CopyByHandProps {
  readonly title: string;
  readonly label: string;
  /** What could not be copied; undefined while the dialog is closed. */
  readonly value: string | undefined;
  readonly onClose: () => void;
}

/** Shown when a menu item could not copy: the text, selected. */
export const CopyByHand = ({ title, label, value, onClose }: CopyByHandProps) => (
  <Modal opened={value !== undefined} onClose={onClose} title={title} size="lg">
    {value !== undefined && (
      <Group grow>
        <CopyField label={label} value={value} selected />
      </Group>
    )}
  </Modal>
);
