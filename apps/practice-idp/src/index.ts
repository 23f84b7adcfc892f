/**
 * A practice identity provider, for the demo and the tests. It is never deployed: it asks for no password.
 */
export {
  makeSelfSignedCertificate,
  makeSigningKey,
  type SelfSignedCertificateOptions,
  type SigningKeyType,
} from './keys/certificate.ts';
export type { Draft, NameIdFormat, Overrides, SignTarget, Statement } from './saml/draft.ts';
export { instant, override, overrideAssertion } from './saml/draft.ts';
export { type Flaw, type RuleName, rules } from './saml/flaws/flaw.ts';
export { type FlawName, flawNames, flaws, isFlawName } from './saml/flaws/index.ts';
export { makeResponse, makeResponseXml, type ResponseOptions } from './saml/make-response.ts';
export {
  bindings,
  confirmationMethods,
  type DigestAlgorithm,
  nameIdFormats,
  namespaces,
  type SignatureAlgorithm,
  statusCodes,
} from './saml/names.ts';
export {
  type AssertionParts,
  type AttributeParts,
  type AuthnStatementParts,
  type ConditionsParts,
  type ConfirmationParts,
  omitted,
  type ResponseParts,
  type SubjectParts,
} from './saml/parts.ts';
export { makeSignature, type SignaturePlan } from './saml/signature.ts';
