import { passphraseLimits } from '@gatehouse/contracts/access';
import type { GetInputPropsReturnType } from '@mantine/form';
import { PassphraseInput } from './passphrase-input.tsx';

export interface PassphraseFieldsProps {
  readonly passphrase: GetInputPropsReturnType;
  readonly repeated: GetInputPropsReturnType;
}

/** A new passphrase, twice. */
export const PassphraseFields = ({ passphrase, repeated }: PassphraseFieldsProps) => (
  <>
    <PassphraseInput
      label="Passphrase"
      description={`At least ${passphraseLimits.least} characters. Several words are better than signs.`}
      autoComplete="new-password"
      {...passphrase}
    />
    <PassphraseInput label="Passphrase again" autoComplete="new-password" {...repeated} />
  </>
);

/** The one rule that the server cannot know. */
export const repetitionErrors = (values: {
  readonly passphrase: string;
  readonly repeated: string;
}): { repeated?: string } => (values.passphrase === values.repeated ? {} : { repeated: 'The two passphrases differ.' });
