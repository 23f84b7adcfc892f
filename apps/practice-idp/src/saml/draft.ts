import type { KeyObject } from 'node:crypto';
import type { Ids } from '@gatehouse/contracts';
import { confirmationMethods, nameIdFormats, passwordProtectedTransport, statusCodes } from './names.ts';
import {
  type AssertionParts,
  type AttributeParts,
  type AuthnStatementParts,
  type ConditionsParts,
  type ConfirmationParts,
  omitted,
  type ResponseParts,
  type SubjectParts,
} from './parts.ts';
import { defaultSignatureAlgorithm, type makeSignature, type SignaturePlan } from './signature.ts';
import { xmlId } from './xml-id.ts';

export type SignTarget = 'assertion' | 'response' | 'both' | 'none';
export type NameIdFormat = keyof typeof nameIdFormats;

/** What a good response says. */
export interface Statement {
  readonly key: KeyObject;
  /** PEM of the certificate that goes into KeyInfo. */
  readonly certificate: string;
  /** The identity provider's entity ID. */
  readonly issuer: string;
  /** The assertion consumer service: Destination and Recipient. */
  readonly acsUrl: string;
  /** The service provider's entity ID. */
  readonly audience: string;
  /** The `ID` of the AuthnRequest; absent in a response that nobody asked for. */
  readonly inResponseTo?: string;
  readonly nameId: string;
  /** Default `emailAddress`. */
  readonly nameIdFormat?: NameIdFormat;
  /** Default: `email`, when the NameID is an e-mail address. */
  readonly attributes?: readonly AttributeParts[];
  /** Default `both`. */
  readonly sign?: SignTarget;
  /** Seconds that the assertion is valid for, 300 by default. */
  readonly lifetimeSeconds?: number;
}

/** A response that is about to be written and signed. */
export interface Draft {
  readonly response: ResponseParts;
  readonly sign: SignTarget;
  readonly plan: SignaturePlan;
  /** How a signature is made; an attack puts its own here. */
  readonly makeSignature: typeof makeSignature;
  /** What becomes of a signed assertion before the response around it is signed, such as encryption. */
  readonly wrapAssertion: (assertionXml: string) => string;
}

/** Parts that replace those of a good response, each on its own. */
export interface Overrides {
  readonly response?: Partial<ResponseParts>;
  readonly assertion?: Partial<AssertionParts>;
  readonly subject?: Partial<SubjectParts>;
  /** Of the one SubjectConfirmation. */
  readonly confirmation?: Partial<ConfirmationParts>;
  readonly conditions?: Partial<ConditionsParts>;
  /** Of the one AuthnStatement. */
  readonly authnStatement?: Partial<AuthnStatementParts>;
  readonly signature?: Partial<SignaturePlan>;
}

const second = 1_000;
const sessionHours = 8;

/** An `xs:dateTime` in UTC, so many seconds after `now` (epoch milliseconds). */
export function instant(now: number, offsetSeconds = 0): string {
  return new Date(now + offsetSeconds * second).toISOString();
}

/** The parts of a response that every rule accepts (SAML Profiles 4.1.4.2). */
export function goodResponse(statement: Statement, now: number, ids: Pick<Ids, 'secret'>): ResponseParts {
  return {
    id: xmlId(ids),
    version: '2.0',
    issueInstant: instant(now),
    destination: statement.acsUrl,
    inResponseTo: statement.inResponseTo ?? omitted,
    issuer: statement.issuer,
    status: statusCodes.success,
    assertions: [goodAssertion(statement, now, ids)],
    extensions: '',
    trailer: '',
  };
}

function goodAssertion(statement: Statement, now: number, ids: Pick<Ids, 'secret'>): AssertionParts {
  const lifetime = statement.lifetimeSeconds ?? 300;
  return {
    id: xmlId(ids),
    version: '2.0',
    issueInstant: instant(now),
    issuer: statement.issuer,
    subject: {
      nameId: statement.nameId,
      nameIdFormat: nameIdFormats[statement.nameIdFormat ?? 'emailAddress'],
      nameQualifier: omitted,
      spNameQualifier: omitted,
      confirmations: [
        {
          method: confirmationMethods.bearer,
          recipient: statement.acsUrl,
          notBefore: omitted,
          notOnOrAfter: instant(now, lifetime),
          inResponseTo: statement.inResponseTo ?? omitted,
        },
      ],
    },
    conditions: {
      notBefore: instant(now, -30),
      notOnOrAfter: instant(now, lifetime),
      audienceRestrictions: [[statement.audience]],
    },
    authnStatements: [
      {
        authnInstant: instant(now),
        sessionIndex: xmlId(ids),
        sessionNotOnOrAfter: instant(now, sessionHours * 3_600),
        authnContext: passwordProtectedTransport,
      },
    ],
    attributes: statement.attributes ?? defaultAttributes(statement.nameId),
    trailer: '',
  };
}

function defaultAttributes(nameId: string): readonly AttributeParts[] {
  return nameId.includes('@') ? [{ name: 'email', values: [nameId] }] : [];
}

/** Signs by SHA-256, with the certificate in KeyInfo. */
export function goodSignaturePlan(statement: Statement): SignaturePlan {
  return {
    key: statement.key,
    certificate: statement.certificate,
    signatureAlgorithm: defaultSignatureAlgorithm(statement.key),
    digestAlgorithm: 'sha256',
  };
}

/** The draft with some of its parts replaced; the others stay. Overrides of an assertion reach every assertion. */
export function override(draft: Draft, overrides: Overrides): Draft {
  const assertions = draft.response.assertions.map((assertion) => overrideAssertion(assertion, overrides));
  return {
    ...draft,
    response: { ...draft.response, assertions, ...overrides.response },
    plan: { ...draft.plan, ...overrides.signature },
  };
}

/** One assertion with some of its parts replaced. Parts of an element that is left out or raw are ignored. */
export function overrideAssertion(assertion: AssertionParts, overrides: Overrides): AssertionParts {
  return {
    ...assertion,
    subject: overrideSubject(assertion.subject, overrides),
    conditions:
      typeof assertion.conditions === 'object' && 'audienceRestrictions' in assertion.conditions
        ? { ...assertion.conditions, ...overrides.conditions }
        : assertion.conditions,
    authnStatements: assertion.authnStatements.map((statement) => ({ ...statement, ...overrides.authnStatement })),
    ...overrides.assertion,
  };
}

function overrideSubject(subject: AssertionParts['subject'], overrides: Overrides): AssertionParts['subject'] {
  if (typeof subject !== 'object' || !('confirmations' in subject)) return subject;
  const confirmations = subject.confirmations.map((confirmation) => ({ ...confirmation, ...overrides.confirmation }));
  return { ...subject, confirmations, ...overrides.subject };
}
