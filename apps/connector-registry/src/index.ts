/**
 * The connector registry: owns SSO connectors, their versions and certificates, and is the only one that writes them.
 *
 * | route | |
 * |---|---|
 * | `GET /api/connectors?limit&cursor&q&type` | list by name; `q` is found in name, reference and issuer |
 * | `POST /api/connectors` | create, enabled |
 * | `GET · PATCH · DELETE /api/connectors/:id` | changes need If-Match; PATCH is JSON Merge Patch |
 * | `POST /api/connectors/:id/enable` · `/disable` | idempotent |
 *
 * Publishes `connector.created`, `.updated`, `.enabled`, `.disabled`, `.deleted` and the compacted connector state. Listens
 * to nothing. Every caller shows an internal token: right `read` to read, `admin` to change. It must not know users, face
 * browsers, or put a secret into a fact, a state record or an answer.
 */
export { type ConnectorRegistryDeps, createConnectorRegistry } from './connector-registry.ts';
export { type RepublishConnectorsDeps, republishConnectors } from './republish.ts';
