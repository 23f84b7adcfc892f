/** Port of the login state. */
export * from './login-state.ts';
