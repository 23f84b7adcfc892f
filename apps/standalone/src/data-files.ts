/** Files of the embedded data that commands use too. */
export const masterKeyFile = 'master-keys';
export const loginStateFile = 'login-state.db';
