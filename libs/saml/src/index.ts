/**
 * The SAML 2.0 service provider: `begin` sends a browser to an identity provider, `admit` and `finish` say whether what
 * comes back may be believed, `metadata` says who we are; and `inspectCertificate` reads what an administrator pastes.
 *
 * A response passes a gate (sizes, markup, one streaming parse), ordered lists of small named rules on the document and
 * its signatures, node-saml's signature layer with the connector's pinned keys, and then rules on the verified bytes.
 * The first broken rule ends it with one code of the contracts' `refusals`.
 *
 * No routes, no events. It must not keep state, talk to a network, know users, claim assertions or end attempts: replay
 * and the binding to a browser are the gateway's.
 */
export * from './certificate/index.ts';
export type { NameId } from './identity/name-id.ts';
export { SamlRefusal, type SamlRefusalCode } from './refusal.ts';
export { type AdmittedResponse, createServiceProvider, ruleNames, type ServiceProvider } from './service-provider.ts';
export {
  defaultGateLimits,
  type GateLimits,
  type SamlConnectorSettings,
  type ServiceProviderOptions,
} from './settings.ts';
export type { AssertionWarning, VerifiedAssertion } from './verified-assertion.ts';
