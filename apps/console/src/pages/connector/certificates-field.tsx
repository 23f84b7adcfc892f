import { Alert, Button, FileButton, Group, Input, Stack, Text, Textarea } from '@mantine/core';
import { useId, useState } from 'react';
import { certificateFileLimit, certificateText, splitPem } from '../../parts/certificate-file.ts';
import { Icon } from '../../parts/icons.tsx';
import { CertificateCard } from './certificate-card.tsx';

/** As many as a connector takes: enough for a change of keys on both sides. */
const mostCertificates = 5;

export interface CertificatesFieldProps {
  readonly certificates: readonly string[];
  readonly text: string;
  readonly error: string | undefined;
  readonly onChange: (change: { readonly certificates: readonly string[]; readonly text: string }) => void;
}

/**
 * Certificates by paste or by file. Every whole PEM block becomes a card at once, with what the server reads out of it;
 * what is no block stays in the text field.
 */
export const CertificatesField = ({ certificates, text, error, onChange }: CertificatesFieldProps) => {
  const id = useId();
  const [fileFault, setFileFault] = useState<string>();
  const [announcement, setAnnouncement] = useState('');
  const isOpen = certificates.length < mostCertificates;

  const take = (input: string): void => {
    const { blocks, rest } = splitPem(input);
    const fresh = blocks.filter((block, index) => !certificates.includes(block) && blocks.indexOf(block) === index);
    if (blocks.length > 0)
      setAnnouncement(fresh.length === 0 ? 'This certificate is in the list already.' : 'Certificate added.');
    onChange({ certificates: [...certificates, ...fresh], text: blocks.length === 0 ? input : rest });
  };
  const takeFiles = async (files: readonly File[]): Promise<void> => {
    setFileFault(undefined);
    const large = files.find((file) => file.size > certificateFileLimit);
    if (large !== undefined) return setFileFault(`${large.name} is too large to be a certificate.`);
    const texts = await Promise.all(
      files.map(async (file) => certificateText(new Uint8Array(await file.arrayBuffer()))),
    );
    take([text, ...texts].filter((part) => part !== '').join('\n'));
  };
  const remove = (index: number): void => {
    setAnnouncement('Certificate removed.');
    onChange({ certificates: certificates.filter((_, each) => each !== index), text });
  };

  return (
    <Stack gap="sm">
      <Input.Wrapper
        id={id}
        label="Certificate"
        required
        description="What the identity provider signs with. A text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, or a file (.pem, .crt, .cer). Up to five."
        error={error}
      >
        <Stack gap="sm" mt={6}>
          {certificates.map((certificate, index) => (
            <CertificateCard
              key={certificate}
              certificate={certificate}
              position={index + 1}
              onRemove={() => remove(index)}
            />
          ))}
          {isOpen && (
            <Textarea
              id={id}
              value={text}
              onChange={(event) => take(event.currentTarget.value)}
              placeholder={certificates.length === 0 ? '-----BEGIN CERTIFICATE-----' : 'Paste another certificate'}
              autosize
              minRows={certificates.length === 0 ? 5 : 2}
              maxRows={12}
              spellCheck={false}
              autoComplete="off"
              error={error !== undefined}
              className="certificate-text"
              aria-required={certificates.length === 0}
            />
          )}
        </Stack>
      </Input.Wrapper>
      {isOpen && (
        <Group gap="sm">
          <FileButton
            multiple
            accept=".pem,.crt,.cer,.der,application/x-x509-ca-cert,application/pem-certificate-chain"
            onChange={(files) => void takeFiles(files)}
          >
            {(button) => (
              <Button {...button} variant="default" size="sm" leftSection={<Icon name="file" size={16} />}>
                Choose a file
              </Button>
            )}
          </FileButton>
        </Group>
      )}
      {fileFault !== undefined && <Alert color="red">{fileFault}</Alert>}
      <Text className="visually-hidden" role="status">
        {announcement}
      </Text>
    </Stack>
  );
};
