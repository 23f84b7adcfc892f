import { PasswordInput, type PasswordInputProps } from '@mantine/core';

/** A passphrase that can be shown; says to screen readers when it is refused, which the library's field does not. */
export const PassphraseInput = (props: PasswordInputProps) => (
  <PasswordInput
    {...props}
    required
    aria-invalid={props.error === undefined || props.error === null ? undefined : true}
    visibilityToggleButtonProps={{ 'aria-label': `Show: ${String(props.label)}` }}
  />
);
