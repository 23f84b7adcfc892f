/**
 * A SAML response as a value, before it is written and signed. Every part can be replaced or left out, so that a test
 * can write any document that an identity provider, or somebody who plays one, could send.
 */

/** In place of a value: the attribute or element is not written at all. */
export const omitted: unique symbol = Symbol('omitted');
export type Omitted = typeof omitted;

/** The value of an XML attribute; escaped when written. */
export type AttributeValue = string | Omitted;

/** Inner XML, written as it is. */
export interface RawContent {
  readonly content: string;
}

/** A whole element, or several, written as it is in place of the one expected. */
export interface RawElement {
  readonly element: string;
}

/** The value of an element: text (escaped when written), inner XML, a whole element, or nothing. */
export type ElementValue = string | RawContent | RawElement | Omitted;

export interface ResponseParts {
  readonly id: AttributeValue;
  readonly version: AttributeValue;
  readonly issueInstant: AttributeValue;
  readonly destination: AttributeValue;
  readonly inResponseTo: AttributeValue;
  readonly issuer: ElementValue;
  /** The top-level status code, or the whole element. */
  readonly status: string | RawElement | Omitted;
  readonly assertions: readonly AssertionParts[];
  /** XML put between the issuer (or its signature) and the status. */
  readonly extensions: string;
  /** XML put after the last assertion. */
  readonly trailer: string;
}

export interface AssertionParts {
  readonly id: AttributeValue;
  readonly version: AttributeValue;
  readonly issueInstant: AttributeValue;
  readonly issuer: ElementValue;
  readonly subject: SubjectParts | RawElement | Omitted;
  readonly conditions: ConditionsParts | RawElement | Omitted;
  readonly authnStatements: readonly AuthnStatementParts[];
  readonly attributes: readonly AttributeParts[];
  /** XML put after the last statement. */
  readonly trailer: string;
}

export interface SubjectParts {
  readonly nameId: ElementValue;
  readonly nameIdFormat: AttributeValue;
  readonly nameQualifier: AttributeValue;
  readonly spNameQualifier: AttributeValue;
  readonly confirmations: readonly ConfirmationParts[];
}

export interface ConfirmationParts {
  readonly method: AttributeValue;
  readonly recipient: AttributeValue;
  readonly notBefore: AttributeValue;
  readonly notOnOrAfter: AttributeValue;
  readonly inResponseTo: AttributeValue;
  /** `omitted` leaves the whole SubjectConfirmationData out. */
  readonly data?: Omitted;
}

export interface ConditionsParts {
  readonly notBefore: AttributeValue;
  readonly notOnOrAfter: AttributeValue;
  /** One inner list per AudienceRestriction. */
  readonly audienceRestrictions: readonly (readonly string[])[];
}

export interface AuthnStatementParts {
  readonly authnInstant: AttributeValue;
  readonly sessionIndex: AttributeValue;
  readonly sessionNotOnOrAfter: AttributeValue;
  readonly authnContext: string | Omitted;
}

export interface AttributeParts {
  readonly name: string;
  readonly nameFormat?: string;
  readonly friendlyName?: string;
  readonly values: readonly (string | RawContent)[];
}

export function isRawElement(value: unknown): value is RawElement {
  return typeof value === 'object' && value !== null && 'element' in value;
}
