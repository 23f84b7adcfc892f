import { Button, Divider, Group, NativeSelect, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { ServerForm } from '../../parts/server-form.ts';
import { UnsavedChanges } from '../../parts/unsaved-changes.tsx';
import { typeChoices } from '../connectors/connector-words.ts';
import { CertificatesField } from './certificates-field.tsx';
import { type ConnectorValues, isChanged } from './connector-values.ts';
import { NameIdFormatField } from './name-id-format-field.tsx';

export interface ConnectorFormProps {
  readonly server: ServerForm<ConnectorValues>;
  /** What is stored, to know whether anything has changed. */
  readonly stored: ConnectorValues;
  /** A connector's type is for ever. */
  readonly isNew: boolean;
  readonly saveLabel: string;
  /** Above the fields: a conflict or another refusal. */
  readonly notice: ReactNode;
}

export const ConnectorForm = ({ server, stored, isNew, saveLabel, notice }: ConnectorFormProps) => {
  const { form, ref, busy, onSubmit } = server;
  return (
    <form ref={ref} onSubmit={onSubmit} noValidate aria-label="Connector">
      <UnsavedChanges active={isChanged(stored, form.values) && !busy} />
      <Paper withBorder radius="md" p={{ base: 'md', sm: 'lg' }}>
        <Stack gap="lg">
          {notice}
          <Text size="xs" c="dimmed">
            Fields marked with an asterisk (*) are mandatory.
          </Text>
          <div className="form-pair">
            <TextInput
              label="Name"
              description="What administrators call it"
              required
              autoComplete="off"
              {...form.getInputProps('name')}
            />
            <TextInput
              label="Reference"
              description="Unique. Letters, digits and _ . + - @"
              required
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              {...form.getInputProps('reference')}
            />
          </div>
          {isNew ? (
            <NativeSelect
              label="Type"
              description="SAML v2 to sign people in; OAUTH 2 to reach another application in their name"
              required
              data={[...typeChoices]}
              {...form.getInputProps('type')}
            />
          ) : (
            <TextInput
              label="Type"
              description="Cannot be changed"
              readOnly
              value={typeChoices.find(({ value }) => value === form.values.type)?.label ?? form.values.type}
            />
          )}
          {form.values.type === 'SAML_V2' && <SamlFields form={form} />}
        </Stack>
        <Divider my="lg" />
        <Group justify="flex-end" gap="sm">
          <Button component={Link} to="/connectors" variant="default">
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            {saveLabel}
          </Button>
        </Group>
      </Paper>
    </form>
  );
};

const SamlFields = ({ form }: { readonly form: UseFormReturnType<ConnectorValues> }) => {
  const certificateError = form.errors.certificates;
  return (
    <>
      <Divider />
      <div>
        <Title order={2} size="h5">
          From your identity provider
        </Title>
        <Text size="sm" c="dimmed">
          Its metadata or its administration pages show these values.
        </Text>
      </div>
      <TextInput
        label="Issuer URL"
        description="The identity provider's own name (entity ID), letter by letter"
        placeholder="https://accounts.google.com/o/saml2?idpid=XXXXXXXXX"
        required
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('issuerUrl')}
      />
      <TextInput
        label="Endpoint"
        description="Where people are sent to sign in"
        placeholder="https://accounts.google.com/o/saml2/idp?idpid=XXXXXXXXX"
        type="url"
        required
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('endpoint')}
      />
      <NameIdFormatField
        value={form.values.nameIdFormat}
        error={form.errors.nameIdFormat}
        onChange={(format) => form.setFieldValue('nameIdFormat', format)}
      />
      <CertificatesField
        certificates={form.values.certificates}
        text={form.values.certificateText}
        error={typeof certificateError === 'string' ? certificateError : undefined}
        onChange={({ certificates, text }) => {
          form.setValues({ certificates, certificateText: text });
          form.clearFieldError('certificates');
        }}
      />
      <Divider />
      <div>
        <Title order={2} size="h5">
          Rules
        </Title>
        <Text size="sm" c="dimmed">
          The defaults suit most identity providers.
        </Text>
      </div>
      <div className="form-pair">
        <NativeSelect
          label="What must be signed"
          data={[
            { value: 'either', label: 'Response or assertion' },
            { value: 'response', label: 'Response' },
            { value: 'assertion', label: 'Assertion' },
            { value: 'both', label: 'Response and assertion' },
          ]}
          {...form.getInputProps('requireSignature')}
        />
        <NativeSelect
          label="Expired certificate"
          data={[
            { value: 'warn', label: 'Accept and warn' },
            { value: 'refuse', label: 'Refuse sign-ins' },
          ]}
          {...form.getInputProps('expiredCertificate')}
        />
      </div>
    </>
  );
};
