import { SqliteError } from '@gatehouse/sqlite';
import { LoginStateError } from '../login-state.ts';

/** Runs `work`; what the file or its disk refuses becomes `state_unavailable`. */
export const unavailable = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    throw new LoginStateError('state_unavailable', `the login state does not serve: ${error.code}`, { cause: error });
  }
};
