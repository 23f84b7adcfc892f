import { nameIdFormats } from '@gatehouse/contracts';
import { makeResponse, makeSelfSignedCertificate, makeSigningKey, type ResponseOptions } from '@gatehouse/practice-idp';
import {
  createServiceProvider,
  type SamlConnectorSettings,
  SamlRefusal,
  type ServiceProvider,
  type ServiceProviderOptions,
} from '../src/index.ts';
import { type AttackContext, faultless, type SigningIdentity } from './attacks/corpus.ts';

const now = Date.UTC(2026, 10, 23, 12);

const identity = (issuer: string): SigningIdentity => {
  const key = makeSigningKey();
  const notBefore = new Date(now - 86_400_000);
  return { key, issuer, certificate: makeSelfSignedCertificate({ key, subject: { commonName: issuer }, notBefore }) };
};

/** One login at one instant, with keys of its own. */
export const context: AttackContext = {
  ...identity('https://idp.example/saml/metadata'),
  other: identity('https://other-idp.example/saml/metadata'),
  acsUrl: 'https://app.example/api/sso/login/callback',
  audience: 'https://app.example/api/saml/metadata',
  requestId: '_request-1',
  nameId: 'alice@example.com',
  victim: 'bob@example.com',
  clock: { now: () => now },
};

export const connector: SamlConnectorSettings = {
  connectorId: 'con_1',
  version: 1,
  issuerUrl: context.issuer,
  endpoint: 'https://idp.example/sso',
  nameIdFormat: nameIdFormats.emailAddress,
  certificates: [context.certificate],
  requireSignature: 'either',
  expiredCertificate: 'warn',
};

export const serviceProvider = (options: Partial<ServiceProviderOptions> = {}): ServiceProvider =>
  createServiceProvider({ entityId: context.audience, acsUrl: context.acsUrl, clock: context.clock, ...options });

export const genuine = (options: Partial<ResponseOptions> = {}): string =>
  makeResponse({ ...faultless(context), ...options });

/** The refusal that `attempt` ends in; undefined when it does not end in one. Anything else that is thrown is thrown on. */
export const refusalOf = async (attempt: () => unknown): Promise<SamlRefusal | undefined> => {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof SamlRefusal) return error;
    throw error;
  }
};
