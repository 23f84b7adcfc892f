/**
 * The user directory: owns users, their links to connectors, and the identity provider's subject that is bound to a link.
 *
 * | route | |
 * |---|---|
 * | `GET /api/users?limit&cursor&q` | list by username; `q` is found in username and display name |
 * | `POST /api/users` | create, active; the username is an e-mail address in canonical form, no two collide |
 * | `GET · PATCH · DELETE /api/users/:id` | changes need If-Match; PATCH is JSON Merge Patch |
 * | `POST /api/users/:id/suspend` · `/reactivate` | idempotent |
 * | `GET /api/users/:id/connectors` | links, with last login and whether a subject is bound |
 * | `PUT · DELETE /api/users/:id/connectors/:connectorId` | link, unlink; idempotent |
 * | `DELETE /api/users/:id/connectors/:connectorId/subject` | frees the bound subject |
 * | `POST /internal/users/:id/connectors/:connectorId/bind` | first sign-in: binds the subject, unique both ways |
 *
 * Publishes `user.created`, `.updated`, `.suspended`, `.reactivated`, `.deleted`, `.linked`, `.unlinked`, `.subject.bound`,
 * `.subject.freed` and the compacted user state. `user.deleted` ends all links of the user; they get no `user.unlinked` of
 * their own. Listens to connector state (a deleted connector unlinks its users, a changed issuer frees their subjects) and
 * to `login.succeeded` (last login). Every caller shows an internal token: right `read` to read, `admin` to change or bind.
 * It must not call the connector registry, face browsers, or learn a subject: it only ever sees digests.
 */
export { connectorStateConsumer } from './consumers/connector-state.ts';
export type { ConnectorFeed } from './known-connectors.ts';
export { type RepublishUsersDeps, republishUsers } from './republish.ts';
export { createUserDirectory, type UserDirectoryDeps } from './user-directory.ts';
