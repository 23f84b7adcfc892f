import { type Static, Type } from 'typebox';
import { Closed, ConnectorId, Time, Version } from './primitives.ts';

export const connectorTypes = ['SAML_V2', 'OAUTH2'] as const;
export type ConnectorType = (typeof connectorTypes)[number];

/** Short names that stand for a SAML NameID format URN in requests; answers carry the URN. SAML Core 8.3. */
export const nameIdFormats = {
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
} as const;
export type NameIdFormatName = keyof typeof nameIdFormats;

export const signatureRequirements = ['either', 'response', 'assertion', 'both'] as const;
export type SignatureRequirement = (typeof signatureRequirements)[number];
export const expiredCertificatePolicies = ['warn', 'refuse'] as const;
export type ExpiredCertificatePolicy = (typeof expiredCertificatePolicies)[number];

/** Compared without case; `callback` is an address of the gateway's own. */
export const referencePattern = '^[A-Za-z0-9_.+@-]{1,64}$';

/** Characters of a field at most, certificates at most. */
export const connectorLimits = {
  name: 200,
  issuerUrl: 1024,
  endpoint: 2048,
  certificates: 5,
  certificateCharacters: 16_384,
} as const;

export const CertificateDetail = Closed({
  subject: Type.String(),
  issuer: Type.String(),
  /** SHA-256 over the DER form, upper-case hex pairs with colons. */
  fingerprint256: Type.String(),
  notBefore: Time,
  notAfter: Time,
});
export type CertificateDetail = Static<typeof CertificateDetail>;

export const SamlSettings = Closed({
  issuerUrl: Type.String({ minLength: 1, maxLength: connectorLimits.issuerUrl }),
  endpoint: Type.String({ minLength: 1, maxLength: connectorLimits.endpoint }),
  nameIdFormat: Type.String({ minLength: 1, maxLength: 256 }),
  certificates: Type.Array(Type.String({ minLength: 1, maxLength: connectorLimits.certificateCharacters }), {
    minItems: 1,
    maxItems: connectorLimits.certificates,
  }),
  requireSignature: Type.Enum(signatureRequirements),
  expiredCertificate: Type.Enum(expiredCertificatePolicies),
  /** One for each of `certificates`, in their order; read-only. */
  certificateDetails: Type.Array(CertificateDetail),
});
export type SamlSettings = Static<typeof SamlSettings>;

/** A connector as the API answers it, as facts carry it and as the state topic holds it. Never a secret. */
export const Connector = Closed({
  id: ConnectorId,
  name: Type.String({ minLength: 1, maxLength: connectorLimits.name }),
  reference: Type.String({ pattern: referencePattern }),
  type: Type.Literal('SAML_V2'),
  enabled: Type.Boolean(),
  version: Version,
  loginAddress: Type.String(),
  saml: SamlSettings,
  createdAt: Time,
  updatedAt: Time,
});
export type Connector = Static<typeof Connector>;

const samlInput = {
  issuerUrl: Type.String(),
  endpoint: Type.String(),
  nameIdFormat: Type.String(),
  certificates: Type.Array(Type.String()),
};
const samlInputOptions = {
  requireSignature: Type.Optional(SamlSettings.properties.requireSignature),
  expiredCertificate: Type.Optional(SamlSettings.properties.expiredCertificate),
};

/** Body of `POST /api/connectors`. Shape only: what the values must be, the connector registry says field by field. */
export const NewConnector = Closed({
  name: Type.String(),
  reference: Type.String(),
  type: Type.Literal('SAML_V2'),
  saml: Closed({ ...samlInput, ...samlInputOptions }),
});
export type NewConnector = Static<typeof NewConnector>;

/** Body of `PATCH /api/connectors/:id`: JSON Merge Patch (RFC 7396), so that an absent member stays as it is. */
export const ConnectorPatch = Closed({
  name: Type.Optional(Type.String()),
  reference: Type.Optional(Type.String()),
  saml: Type.Optional(
    Closed({
      issuerUrl: Type.Optional(samlInput.issuerUrl),
      endpoint: Type.Optional(samlInput.endpoint),
      nameIdFormat: Type.Optional(samlInput.nameIdFormat),
      certificates: Type.Optional(samlInput.certificates),
      /** `null` puts the default back. */
      requireSignature: Type.Optional(Type.Union([SamlSettings.properties.requireSignature, Type.Null()])),
      expiredCertificate: Type.Optional(Type.Union([SamlSettings.properties.expiredCertificate, Type.Null()])),
    }),
  ),
});
export type ConnectorPatch = Static<typeof ConnectorPatch>;
