import { LoginStateError } from '../login-state.ts';

/**
 * An error of Redis or of the connection, without what ioredis hangs on it: `command.args` holds passwords, token hashes and posted
 * answers, and a log would write them down. So does Redis itself for a command that it does not know. Pauses that grow are left out,
 * so that a fault that lasts has one text.
 */
export const withoutArguments = (error: unknown): Error => {
  const text = error instanceof Error ? error.message : String(error);
  const constant = text
    .replace(/, with args beginning with:.*$/s, '')
    .replace(/ Retrying from scratch after \d+ms\./, '');
  const line = constant.split('\n', 1)[0] ?? '';
  const plain = new Error(line === '' ? 'unknown fault' : line.slice(0, 300));
  plain.name = error instanceof Error ? error.name : 'Error';
  return plain;
};

export const unavailable = (cause: Error): LoginStateError =>
  new LoginStateError('state_unavailable', `the login state does not serve: ${cause.message}`, { cause });
