/**
 * The auth-gateway: the only service that faces browsers. It signs people in through connectors, keeps their sessions, tells
 * other services who is signed in, and lets administrators in.
 *
 * | route | |
 * |---|---|
 * | `GET /api/sso/login/:reference` | begins a login: an attempt, then 302 to the identity provider |
 * | `POST /api/sso/login/callback`, `GET …/callback/continue` | ends it: 303 with a session, or a refusal |
 * | `GET /api/saml/metadata`, `GET /.well-known/jwks.json` | who we are to identity providers; verification keys |
 * | `GET · DELETE /api/session`, `POST /api/session/token` | a signed-in user's own session |
 * | `GET /`, `POST /api/session/sign-out`, `GET /signed-out` | the same as pages |
 * | `/api/administrators*`, `/api/api-keys*` | administrators, their sign-in, API keys |
 * | `/api/connectors*`, `/api/users*` | forwarded to their owners; a 2xx means that the change is in force |
 * | `GET /api/connectors/:id/usage`, `GET /api/settings`, `POST /api/saml/certificate-preview` | for the console |
 * | `/api/sessions*`, `GET /api/audit` | sessions and audit, for administrators |
 * | `/console/` | the console's files |
 * | internal port: `POST /api/session/redeem`, `POST /api/session/introspect` | for internal services, with an API key |
 *
 * It publishes `login.succeeded`, `login.failed`, `session.started`, `session.revoked`, `administrator.*` and `api-key.*`; it
 * listens to connector and user state (its own view of them) and to all facts (audit).
 *
 * It must not own connectors, users or links, believe a word of an identity provider that `@gatehouse/saml` has not verified,
 * end an attempt except in the step that starts its session, or tell a browser why it was refused.
 */
export { adminKeyActor } from './administration/caller-auth.ts';
export { createSetUpLinks, type SetUpKind, type SetUpLinks } from './administration/set-up-links.ts';
export { type DataDirectory, openDataDirectory } from './data-directory.ts';
export { type AuthGateway, type AuthGatewayDeps, createAuthGateway } from './gateway.ts';
export {
  callbackPath,
  type GatewayAddresses,
  type GatewaySettings,
  gatewayAddresses,
  metadataPath,
} from './settings.ts';
