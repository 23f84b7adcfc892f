import { ProblemError } from '@gatehouse/contracts';
import { KeyringError } from '@gatehouse/keyring';
import { LoginStateError } from '@gatehouse/login-state';
import { SqliteError } from '@gatehouse/sqlite';
import type { FastifyInstance } from 'fastify';

/** Errors of the libraries that only the gateway uses, as problems; everything else as it is. */
export const translated = (error: unknown): unknown => {
  if (error instanceof LoginStateError) {
    const code = error.code === 'cursor_invalid' ? 'invalid_cursor' : 'storage_unavailable';
    return new ProblemError(code, { cause: error });
  }
  if (error instanceof SqliteError) return new ProblemError('storage_unavailable', { cause: error });
  if (error instanceof KeyringError && error.code === 'passphrase_busy') {
    return new ProblemError('not_ready', { cause: error });
  }
  return error;
};

/** Hands translated errors of this scope to the host's handler. */
export const translateErrors = (scope: FastifyInstance): void => {
  scope.setErrorHandler((error) => {
    throw translated(error);
  });
};
