import type { Connector, ConnectorPatch } from '@gatehouse/contracts';
import { nameIdFormats } from '@gatehouse/contracts/connector';
import type { ConnectorInput } from '../../api/connectors.ts';
import type { FieldMap } from '../../parts/field-errors.ts';

/** What the connector form holds. */
export interface ConnectorValues {
  readonly name: string;
  readonly reference: string;
  readonly type: string;
  readonly issuerUrl: string;
  readonly endpoint: string;
  /** A URN; one of the well-known ones or, with `otherFormat`, whatever was typed. */
  readonly nameIdFormat: string;
  readonly certificates: readonly string[];
  /** What stands in the certificate field and is no PEM block yet: sent along, so that the server says what is wrong. */
  readonly certificateText: string;
  readonly requireSignature: string;
  readonly expiredCertificate: string;
}

export const connectorFields: FieldMap<keyof ConnectorValues> = {
  pointers: {
    '/name': 'name',
    '/reference': 'reference',
    '/type': 'type',
    '/saml/issuerUrl': 'issuerUrl',
    '/saml/endpoint': 'endpoint',
    '/saml/nameIdFormat': 'nameIdFormat',
    '/saml/certificates': 'certificates',
    '/saml/requireSignature': 'requireSignature',
    '/saml/expiredCertificate': 'expiredCertificate',
  },
  codes: { connector_reference_taken: 'reference', connector_type_not_available: 'type' },
};

export const emptyConnector: ConnectorValues = {
  name: '',
  reference: '',
  type: 'SAML_V2',
  issuerUrl: '',
  endpoint: '',
  nameIdFormat: nameIdFormats.emailAddress,
  certificates: [],
  certificateText: '',
  requireSignature: 'either',
  expiredCertificate: 'warn',
};

export const valuesOf = ({ name, reference, type, saml }: Connector): ConnectorValues => ({
  name,
  reference,
  type,
  issuerUrl: saml.issuerUrl,
  endpoint: saml.endpoint,
  nameIdFormat: saml.nameIdFormat,
  certificates: saml.certificates,
  certificateText: '',
  requireSignature: saml.requireSignature,
  expiredCertificate: saml.expiredCertificate,
});

const certificatesOf = ({ certificates, certificateText }: ConnectorValues): string[] =>
  certificateText.trim() === '' ? [...certificates] : [...certificates, certificateText];

/** Body of `POST /api/connectors`. What the server makes of a type is the server's to say. */
export const inputOf = (values: ConnectorValues): ConnectorInput => {
  const { name, reference, type } = values;
  if (type !== 'SAML_V2') return { name, reference, type };
  const { issuerUrl, endpoint, nameIdFormat, requireSignature, expiredCertificate } = values;
  return {
    name,
    reference,
    type,
    saml: {
      issuerUrl,
      endpoint,
      nameIdFormat,
      certificates: certificatesOf(values),
      requireSignature,
      expiredCertificate,
    },
  };
};

/** Body of `PATCH /api/connectors/:id`: what differs, undefined when nothing does. */
export const patchOf = (before: ConnectorValues, after: ConnectorValues): ConnectorPatch | undefined => {
  const top = changed(before, after, ['name', 'reference']);
  const certificates = certificatesOf(after);
  const saml = {
    ...changed(before, after, ['issuerUrl', 'endpoint', 'nameIdFormat', 'requireSignature', 'expiredCertificate']),
    ...(sameTexts(before.certificates, certificates) ? {} : { certificates }),
  };
  const patch = { ...top, ...(Object.keys(saml).length === 0 ? {} : { saml }) };
  // The choices of the form are the contract's own; the server checks them in any case.
  return Object.keys(patch).length === 0 ? undefined : (patch as ConnectorPatch);
};

const changed = <Key extends keyof ConnectorValues>(
  before: ConnectorValues,
  after: ConnectorValues,
  keys: readonly Key[],
): Partial<Pick<ConnectorValues, Key>> =>
  Object.fromEntries(keys.filter((key) => before[key] !== after[key]).map((key) => [key, after[key]])) as Partial<
    Pick<ConnectorValues, Key>
  >;

const sameTexts = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((text, index) => text === other[index]);

/** Whether leaving the form would lose something. */
export const isChanged = (before: ConnectorValues, after: ConnectorValues): boolean =>
  before.type !== after.type || patchOf(before, after) !== undefined;
