import {
  type Connector,
  ConnectorPatch,
  type FieldError,
  NewConnector,
  ProblemError,
  type SamlSettings,
  shapeErrors,
} from '@gatehouse/contracts';
import { expiryFault, readCertificates } from './certificates.ts';
import { type Checked, checkEndpoint, checkIssuerUrl, checkName, checkNameIdFormat, checkReference } from './fields.ts';

/** What an administrator says of a connector, checked and in the form in which it is kept. */
export interface ConnectorContent {
  readonly name: string;
  readonly reference: string;
  readonly type: Connector['type'];
  readonly saml: SamlSettings;
}

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};

/** The one place where types that have no protocol yet are refused. */
const refuseOtherTypes = (body: Members): void => {
  if (body.type !== 'OAUTH2') return;
  throw new ProblemError('connector_type_not_available', {
    detail: 'Connectors of the type OAUTH2 are not available yet; SAML_V2 is',
    errors: [{ pointer: '/type', message: 'is not available yet' }],
  });
};

const isOneOf = <const Values extends readonly string[]>(values: Values, value: unknown): value is Values[number] =>
  values.some((candidate) => candidate === value);

/**
 * Checks the values beside the shape, so that one answer names every wrong field. A field whose shape is wrong already
 * is not looked at again.
 */
const readContent = (body: Members, shape: readonly FieldError[], at: number | undefined): ConnectorContent => {
  const faults = new Map(shape.map(({ pointer, message }) => [pointer, message]));
  const saml = membersOf(body.saml);
  const read = (pointer: string, value: unknown, check: (text: string) => Checked): string => {
    if (typeof value !== 'string' || faults.has(pointer)) return '';
    const checked = check(value);
    if ('value' in checked) return checked.value;
    faults.set(pointer, checked.fault);
    return '';
  };

  const name = read('/name', body.name, checkName);
  const reference = read('/reference', body.reference, checkReference);
  const issuerUrl = read('/saml/issuerUrl', saml.issuerUrl, checkIssuerUrl);
  const endpoint = read('/saml/endpoint', saml.endpoint, checkEndpoint);
  const nameIdFormat = read('/saml/nameIdFormat', saml.nameIdFormat, checkNameIdFormat);
  const pasted: unknown = saml.certificates;
  const texts = Array.isArray(pasted) && pasted.every((one) => typeof one === 'string') ? pasted : undefined;
  const pem = texts === undefined ? undefined : readCertificates(texts, '/saml/certificates');
  for (const { pointer, message } of pem?.faults ?? []) faults.set(pointer, message);
  const requireSignature = isOneOf(['response', 'assertion', 'both'], saml.requireSignature)
    ? saml.requireSignature
    : 'either';
  const expiredCertificate = saml.expiredCertificate === 'refuse' ? 'refuse' : 'warn';
  if (at !== undefined && pem !== undefined && pem.faults.length === 0) {
    const expired = expiryFault(pem.details, expiredCertificate, at);
    if (expired !== undefined) faults.set('/saml/certificates', expired);
  }
  if (faults.size > 0) {
    throw new ProblemError('invalid_request', {
      errors: [...faults].map(([pointer, message]) => ({ pointer, message })),
    });
  }
  return {
    name,
    reference,
    type: 'SAML_V2',
    saml: {
      issuerUrl,
      endpoint,
      nameIdFormat,
      certificates: [...(pem?.certificates ?? [])],
      requireSignature,
      expiredCertificate,
      certificateDetails: [...(pem?.details ?? [])],
    },
  };
};

/**
 * Reads the body of a creation.
 * @param at epoch milliseconds, to which expiry is compared
 * @throws ProblemError `invalid_request` with every wrong field, `connector_type_not_available`
 */
export const readNewConnector = (body: unknown, at: number): ConnectorContent => {
  const members = membersOf(body);
  refuseOtherTypes(members);
  return readContent(members, shapeErrors(NewConnector, body), at);
};

/** RFC 7396 for the members that a connector has: an absent one stays, `null` puts the default back. */
const merge = (current: Members, patch: Members): Members => {
  const merged: Record<string, unknown> = { ...current };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  return merged;
};

/**
 * The content after a JSON Merge Patch.
 * @throws ProblemError `invalid_request` with every wrong field
 */
export const patchContent = (current: ConnectorContent, patch: unknown, at: number): ConnectorContent => {
  const members = membersOf(patch);
  const samlPatch = membersOf(members.saml);
  const body = {
    ...merge({ name: current.name, reference: current.reference }, members),
    saml: merge(current.saml, samlPatch),
  };
  // A certificate that has run out since it was accepted must not stand in the way of another change.
  const asksExpiry = 'certificates' in samlPatch || 'expiredCertificate' in samlPatch;
  return readContent(body, shapeErrors(ConnectorPatch, patch), asksExpiry ? at : undefined);
};
