import { nameIdFormats } from '@gatehouse/contracts';
import { authnStatementOf } from './checks/assertion.ts';
import { conditionsOf } from './checks/conditions.ts';
import type { AssertionContext } from './checks/context.ts';
import { firstText } from './identity/attributes.ts';
import { emailsOf } from './identity/emails.ts';
import { type NameId, nameIdOf } from './identity/name-id.ts';
import { parseInstant } from './instant.ts';
import { SamlRefusal } from './refusal.ts';
import type { PinnedCertificate } from './signature/pinned-certificate.ts';
import { attribute, namespaces, onlyChild, type XmlElement } from './xml/element.ts';

/** What a response that every rule accepts says about a person. All of it comes from verified bytes. */
export interface VerifiedAssertion {
  readonly assertionId: string;
  /** Until when the assertion's id must be kept against replay: epoch ms, its end plus the clock skew. */
  readonly claimUntil: number;
  readonly issuer: string;
  readonly nameId: NameId;
  /** The NameID when it lasts; undefined for a transient one, which names nobody the next time. */
  readonly subject: NameId | undefined;
  /** At most one: the NameID in e-mail format, else the first e-mail attribute that has a value. As given, not canonical. */
  readonly emails: readonly string[];
  readonly displayName?: string;
  /** Epoch ms: the end of the session at the identity provider, which caps ours. */
  readonly sessionNotOnOrAfter?: number;
  readonly sessionIndex?: string;
  /** Epoch ms. */
  readonly authnInstant?: number;
  /** SHA-256 fingerprint of the pinned certificate whose key verified. */
  readonly signedBy: string;
  readonly warnings: readonly AssertionWarning[];
}

export type AssertionWarning = 'expired_certificate';

const displayNameAttributes = [
  'displayName',
  'name',
  'http://schemas.microsoft.com/identity/claims/displayname',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  'urn:oid:2.16.840.1.113730.3.1.241',
  'cn',
  'urn:oid:2.5.4.3',
] as const;

/** Reads the facts out of an assertion that the rules have accepted. */
export const describeAssertion = (
  context: AssertionContext,
  confirmation: XmlElement,
  signers: readonly PinnedCertificate[],
): VerifiedAssertion => {
  const { assertion, connector, now } = context;
  const nameId = nameIdOf(assertion);
  const assertionId = attribute(assertion, 'ID');
  const signer = signers[0];
  // The rules have seen to it; without them nothing is believed either.
  if (nameId === undefined || assertionId === undefined || signer === undefined) {
    throw new SamlRefusal('saml_malformed', 'the assertion lacks its ID, its NameID or its signer');
  }
  return {
    assertionId,
    claimUntil: claimUntil(context, confirmation),
    issuer: connector.issuerUrl,
    nameId,
    subject: nameId.format === nameIdFormats.transient ? undefined : nameId,
    emails: emailsOf(assertion),
    ...optional('displayName', firstText(assertion, displayNameAttributes)),
    ...sessionFacts(assertion),
    signedBy: signer.details.fingerprint256,
    warnings: signers.some(({ notAfter }) => now > notAfter) ? ['expired_certificate'] : [],
  };
};

const sessionFacts = (
  assertion: XmlElement,
): Pick<VerifiedAssertion, 'sessionNotOnOrAfter' | 'sessionIndex' | 'authnInstant'> => {
  const statement = authnStatementOf(assertion);
  return {
    ...optional('sessionNotOnOrAfter', parseInstant(attribute(statement, 'SessionNotOnOrAfter'))),
    ...optional('sessionIndex', attribute(statement, 'SessionIndex')),
    ...optional('authnInstant', parseInstant(attribute(statement, 'AuthnInstant'))),
  };
};

/** The last moment at which this assertion could be accepted: by its own dates, or because it grows too old. */
const claimUntil = (context: AssertionContext, confirmation: XmlElement): number => {
  const { assertion, now, maxAssertionAgeMs, clockSkewMs } = context;
  const data = onlyChild(confirmation, namespaces.assertion, 'SubjectConfirmationData');
  const ends = [attribute(data, 'NotOnOrAfter'), attribute(conditionsOf(assertion), 'NotOnOrAfter')]
    .map(parseInstant)
    .filter((end) => end !== undefined);
  const tooOld = (parseInstant(attribute(assertion, 'IssueInstant')) ?? now) + maxAssertionAgeMs;
  return Math.max(now, Math.min(Math.max(...ends), tooOld)) + clockSkewMs;
};

const optional = <Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
