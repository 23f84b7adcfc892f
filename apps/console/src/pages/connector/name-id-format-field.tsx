import type { NameIdFormatName } from '@gatehouse/contracts';
import { nameIdFormats } from '@gatehouse/contracts/connector';
import { NativeSelect, Stack, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { nameIdFormatWords } from '../connectors/connector-words.ts';

const other = 'other';
const names = Object.keys(nameIdFormatWords) as readonly NameIdFormatName[];
const choices = [
  ...names.map((name) => ({ value: nameIdFormats[name] as string, label: nameIdFormatWords[name] })),
  { value: other, label: 'Another format (URN)' },
];
const isListed = (format: string): boolean => choices.some(({ value }) => value === format);

export interface NameIdFormatFieldProps {
  /** A URN. */
  readonly value: string;
  readonly error: ReactNode;
  readonly onChange: (format: string) => void;
}

/** The well-known formats of SAML Core 8.3 by name, any other by its URN. */
export const NameIdFormatField = ({ value, error, onChange }: NameIdFormatFieldProps) => {
  const [isOther, setOther] = useState(!isListed(value));
  return (
    <Stack gap="sm">
      <NativeSelect
        label="SAML Identifier Format"
        description="How the identity provider names the user"
        required
        data={choices}
        value={isOther ? other : value}
        error={isOther ? undefined : error}
        onChange={(event) => {
          const picked = event.currentTarget.value;
          setOther(picked === other);
          onChange(picked === other ? '' : picked);
        }}
      />
      {isOther && (
        <TextInput
          label="Format URN"
          placeholder="urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"
          required
          spellCheck={false}
          value={value}
          error={error}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Stack>
  );
};
