import type { CertificateDetail } from '@gatehouse/contracts';
import { Badge, CloseButton, Group, Loader, Text } from '@mantine/core';
import { useCertificatePreview } from '../../api/connectors.ts';
import { asProblem, sentence } from '../../parts/field-errors.ts';
import { type Validity, validityOf } from '../../parts/when.ts';

const colours: Readonly<Record<Validity['state'], string>> = {
  valid: 'teal',
  future: 'orange',
  expiring: 'orange',
  expired: 'red',
};

export interface CertificateCardProps {
  readonly certificate: string;
  /** From 1. */
  readonly position: number;
  readonly onRemove: () => void;
}

/** One certificate as the server reads it: subject, fingerprint, dates; or why it cannot be read. */
export const CertificateCard = ({ certificate, position, onRemove }: CertificateCardProps) => {
  const preview = useCertificatePreview(certificate);
  const detail = preview.data?.items[0];
  return (
    <div className="certificate-card" data-wrong={preview.isError || undefined}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" mb={detail === undefined ? 0 : 8}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            Certificate {position}
          </Text>
          {detail !== undefined && <ValidityBadge detail={detail} />}
        </Group>
        <CloseButton size="sm" aria-label={`Remove certificate ${position}`} onClick={onRemove} />
      </Group>
      {preview.isPending && (
        <Text size="sm" c="dimmed" component="div" role="status">
          <Loader size="xs" mr="xs" /> Reading it…
        </Text>
      )}
      {preview.isError && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {faultWords(preview.error)}
        </Text>
      )}
      {detail !== undefined && (
        <dl className="facts">
          <dt>Subject</dt>
          <dd>{detail.subject}</dd>
          <dt>Issuer</dt>
          <dd>{detail.issuer}</dd>
          <dt>SHA-256</dt>
          <dd className="mono">{detail.fingerprint256}</dd>
        </dl>
      )}
    </div>
  );
};

const faultWords = (error: unknown): string => {
  const problem = asProblem(error);
  return problem.errors.length === 0
    ? problem.message
    : problem.errors.map(({ message }) => sentence(message)).join(' ');
};

const ValidityBadge = ({ detail }: { readonly detail: CertificateDetail }) => {
  const validity = validityOf(detail, Date.now());
  return <Badge color={colours[validity.state]}>{validity.words}</Badge>;
};
