/**
 * Login state: what is short-lived, used once, or asked for at every request: login attempts, replay claims, sessions, single-use
 * values, leases, deny marks, and the facts of logins until they are published. This is the port; adapters are
 * `@gatehouse/login-state/sqlite` and `@gatehouse/login-state/redis`, and each passes `@gatehouse/login-state/conformance`. It holds no
 * cookie, token or assertion key, decides nothing about a login, and sends no event: a relay empties its outbox.
 */
export * from './login-state.ts';
