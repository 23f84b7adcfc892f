import type { Clock, ExpiredCertificatePolicy, SignatureRequirement } from '@gatehouse/contracts';

/** What an administrator said about one identity provider. A change of any of it is a new `version`. */
export interface SamlConnectorSettings {
  readonly connectorId: string;
  readonly version: number;
  /** The entity ID of the identity provider, compared byte for byte. */
  readonly issuerUrl: string;
  /** Its single sign-on address for HTTP-Redirect; may carry a query. */
  readonly endpoint: string;
  /** Full URN, SAML Core 8.3. */
  readonly nameIdFormat: string;
  /** The pinned signing certificates, PEM. */
  readonly certificates: readonly string[];
  readonly requireSignature: SignatureRequirement;
  readonly expiredCertificate: ExpiredCertificatePolicy;
}

/** What a document may cost before it is read further. All are counts, lengths are in characters. */
export interface GateLimits {
  /** Of the base64 text as posted. */
  readonly encodedLength: number;
  readonly elements: number;
  readonly depth: number;
  readonly attributesPerElement: number;
  readonly attributes: number;
  /** Namespace declarations in all. */
  readonly namespaces: number;
  readonly comments: number;
  /** Entity and character references (`&…;`). */
  readonly references: number;
  /** From one `<` to the next: a tag with its attributes and the text after it. */
  readonly runLength: number;
  /** Outside tags, in all. */
  readonly textLength: number;
}

/**
 * Room for several hundred groups in one assertion. The element count bounds the signature layer, whose XPath takes
 * time in the square of it; the rest bounds the parser.
 */
export const defaultGateLimits: GateLimits = {
  encodedLength: 262_144,
  elements: 1_000,
  depth: 32,
  attributesPerElement: 24,
  attributes: 2_000,
  namespaces: 1_000,
  comments: 32,
  references: 1_000,
  runLength: 32_768,
  textLength: 65_536,
};

export interface ServiceProviderOptions {
  /** Our entity ID, which an assertion must name as its audience. */
  readonly entityId: string;
  /** Our assertion consumer service: Destination and Recipient must equal it. */
  readonly acsUrl: string;
  readonly clock: Clock;
  /** How far the clocks of both sides may differ, 60 000 ms unless told. */
  readonly clockSkewMs?: number;
  /** How old an assertion may be by its IssueInstant, 300 000 ms unless told. */
  readonly maxAssertionAgeMs?: number;
  readonly limits?: Partial<GateLimits>;
  /**
   * Names of rules (see `ruleNames`) that are NOT enforced. Whoever sets it lets strangers in: it exists for the
   * mutation check, which proves of every rule that some attack needs it.
   */
  readonly dangerouslyDisabledRules?: readonly string[];
}
