/** Login state on SQLite, for one process. */
export { type SqliteLoginStateOptions, sqliteLoginState } from './sqlite-login-state.ts';
