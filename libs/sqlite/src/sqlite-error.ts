export const sqliteErrorCodes = [
  'full',
  'read_only',
  'busy',
  'io',
  'corrupt',
  'cannot_open',
  'newer',
  'closed',
] as const;
export type SqliteErrorCode = (typeof sqliteErrorCodes)[number];

/** The file or its disk does not serve: never a mistake in a statement, which stays the plain error that it is. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly code: SqliteErrorCode;
  constructor(code: SqliteErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

// Primary result codes, https://www.sqlite.org/rescode.html; the extended ones carry them in their low byte.
const codeOfResult: Readonly<Record<number, SqliteErrorCode>> = {
  3: 'read_only',
  5: 'busy',
  6: 'busy',
  8: 'read_only',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'cannot_open',
  15: 'busy',
  22: 'io',
  26: 'corrupt',
};

const resultCode = (error: Error): number | undefined =>
  'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;

const closedMessages = /database is not open|statement has been finalized/;

/** What `node:sqlite` threw, as a `SqliteError` when it tells of the file; else unchanged. */
export const toSqliteError = (error: unknown, path: string): unknown => {
  if (!(error instanceof Error)) return error;
  const result = resultCode(error);
  const code = result === undefined ? undefined : codeOfResult[result];
  if (code !== undefined) return new SqliteError(code, `${path}: ${error.message}`, { cause: error });
  if (closedMessages.test(error.message)) return new SqliteError('closed', `${path} is closed`, { cause: error });
  return error;
};
