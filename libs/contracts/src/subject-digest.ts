import { createHash } from 'node:crypto';

/** What an identity provider calls a user: unique within one connector. */
export interface ExternalSubject {
  readonly connectorId: string;
  readonly issuer: string;
  readonly subject: string;
  /** SAML Core 8.3.7: a persistent NameID is unique only together with its qualifiers. */
  readonly nameQualifier?: string | undefined;
  readonly spNameQualifier?: string | undefined;
  /**
   * URN of the name's format: a user name that looks like an e-mail address is not that address (SAML Core 8.3). Whoever
   * signs in may choose the format, because the request that asks for one is not signed.
   */
  readonly format?: string | undefined;
}

/**
 * The name under which services know an identity provider's subject without learning it: SHA-256 as base64url,
 * 43 characters. Every part goes in behind its length, so that no two subjects share the input.
 */
export const subjectDigest = (external: ExternalSubject): string => {
  const hash = createHash('sha256').update('gatehouse-subject-v1');
  for (const part of [
    external.connectorId,
    external.issuer,
    external.subject,
    external.nameQualifier ?? '',
    external.spNameQualifier ?? '',
    ...(external.format === undefined ? [] : [external.format]),
  ]) {
    const bytes = Buffer.from(part, 'utf8');
    hash.update(`|${bytes.length}|`).update(bytes);
  }
  return hash.digest('base64url');
};
