import { passphraseLimits } from '@gatehouse/contracts/access';
import { PasswordInput } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';

export interface PassphraseFieldsProps {
  readonly passphrase: GetInputPropsReturnType;
  readonly repeated: GetInputPropsReturnType;
}

/** A new passphrase, twice. */
export const PassphraseFields = ({ passphrase, repeated }: PassphraseFieldsProps) => (
  <>
    <PasswordInput
      label="Passphrase"
      description={`At least ${passphraseLimits.least} characters. Several words are better than signs.`}
      autoComplete="new-password"
      required
      visibilityToggleButtonProps={{ 'aria-label': 'Show the passphrase' }}
      {...passphrase}
    />
    <PasswordInput
      label="Passphrase again"
      autoComplete="new-password"
      required
      visibilityToggleButtonProps={{ 'aria-label': 'Show the repeated passphrase' }}
      {...repeated}
    />
  </>
);

/** The one rule that the server cannot know. */
export const repetitionErrors = (values: {
  readonly passphrase: string;
  readonly repeated: string;
}): { repeated?: string } => (values.passphrase === values.repeated ? {} : { repeated: 'The two passphrases differ.' });
