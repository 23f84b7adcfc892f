/**
 * A practice identity provider for the demo and the tests, and the workshop that its answers come from.
 *
 * | route | |
 * |---|---|
 * | `GET /` | what an administrator needs for a connector; the switch for flaws |
 * | `GET /saml/metadata` | metadata; its address is the entity ID |
 * | `GET`, `POST /saml/sso` | AuthnRequest by HTTP-Redirect or HTTP-POST: the sign-in page, or the answer at once |
 * | `POST /saml/sign-in` | from the sign-in page: `SAMLRequest` as in HTTP-POST, `RelayState`, `account` or `email`, `flaw` (also as a query) |
 * | `GET`, `POST /sign-out` | ends the session here |
 * | `GET`, `POST /practice/flaw` | `{ "name": "wrong-audience" }` spoils every answer, `{ "name": null }` none |
 *
 * As a child process with an IPC channel it sends `{ type: 'ready', url, issuerUrl, endpoint, certificate }` once it
 * listens, and stops when the channel closes.
 *
 * It asks for no password and must never be deployed. No service may import it: it is for tests and the demo.
 */
export { createPracticeIdp, type PracticeIdpDeps } from './app.ts';
export {
  makeSelfSignedCertificate,
  makeSigningKey,
  type SelfSignedCertificateOptions,
  type SigningKeyType,
} from './keys/certificate.ts';
export { KeyStoreError, openKeyStore, type SigningIdentity } from './keys/key-store.ts';
export type { Draft, NameIdFormat, Overrides, SignTarget, Statement } from './saml/draft.ts';
export { instant, override, overrideAssertion } from './saml/draft.ts';
export { type Flaw, type RuleName, rules } from './saml/flaws/flaw.ts';
export { hostileDocuments } from './saml/flaws/hostile-documents.ts';
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
export { type PracticeIdpSettings, readSettings, SettingsError } from './settings.ts';
export { type RunningPracticeIdp, type StartDeps, startPracticeIdp } from './start.ts';
