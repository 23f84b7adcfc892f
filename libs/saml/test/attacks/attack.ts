import type { KeyObject } from 'node:crypto';
import type { Clock } from '@gatehouse/contracts';
import type { ResponseOptions } from '@gatehouse/practice-idp';
import type { SamlConnectorSettings, SamlRefusalCode } from '../../src/index.ts';

export interface SigningIdentity {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
  readonly issuer: string;
}

/** A live login that the attacker would like to finish as somebody else. */
export interface AttackContext extends SigningIdentity {
  readonly acsUrl: string;
  /** Our entity ID. */
  readonly audience: string;
  /** ID of the AuthnRequest of the live attempt. */
  readonly requestId: string;
  /** An e-mail address that may sign in. */
  readonly nameId: string;
  /** Whom forged parts name. */
  readonly victim: string;
  readonly clock: Clock;
  /** Another identity provider, which has a connector of its own. */
  readonly other: SigningIdentity;
}

export interface AttackCase {
  /** Unique in the corpus. */
  readonly name: string;
  readonly class: AttackClass;
  /** The specification, CVE or paper. */
  readonly source: string;
  readonly expectedCode: SamlRefusalCode;
  /** @returns the form field SAMLResponse */
  make(context: AttackContext): string;
  /** What the connector must say for this case, when it is not the usual. */
  connector?(context: AttackContext): Partial<Omit<SamlConnectorSettings, 'connectorId' | 'version'>>;
}

export type AttackClass =
  | 'wrapping'
  | 'signature'
  | 'algorithm'
  | 'key'
  | 'profile'
  | 'identity'
  | 'xml'
  | 'denial-of-service'
  | 'cross-connector';

/** What `makeResponse` needs for a faultless response in this context. */
export const faultless = (context: AttackContext): ResponseOptions => ({
  key: context.key,
  certificate: context.certificate,
  issuer: context.issuer,
  acsUrl: context.acsUrl,
  audience: context.audience,
  inResponseTo: context.requestId,
  nameId: context.nameId,
  victim: context.victim,
  clock: context.clock,
});

export const base64 = (xml: string | Uint8Array): string => Buffer.from(xml).toString('base64');
