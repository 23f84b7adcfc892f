import {
  canonicalEmail,
  type FieldError,
  isPlainLine,
  NewUser,
  ProblemError,
  shapeErrors,
  UserPatch,
} from '@gatehouse/contracts';

/** What an administrator says of a user, checked and in the form in which it is kept. */
export interface UserContent {
  /** In canonical form. */
  readonly username: string;
  readonly displayName: string;
}

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};

const refuse = (faults: ReadonlyMap<string, string>): never => {
  throw new ProblemError('invalid_request', {
    errors: [...faults].map(([pointer, message]) => ({ pointer, message })),
  });
};

const readFields = (body: Members, shape: readonly FieldError[]): Partial<UserContent> => {
  const faults = new Map(shape.map(({ pointer, message }) => [pointer, message]));
  const { username: givenName, displayName: givenDisplay } = body;
  const username = typeof givenName === 'string' ? canonicalEmail(givenName) : undefined;
  if (typeof givenName === 'string' && username === undefined) faults.set('/username', 'must be an e-mail address');
  const displayName = givenDisplay === null ? '' : typeof givenDisplay === 'string' ? givenDisplay.trim() : undefined;
  if (displayName !== undefined && (displayName.length > 200 || !isPlainLine(displayName))) {
    faults.set('/displayName', 'must be one line of at most 200 characters');
  }
  if (faults.size > 0) refuse(faults);
  return { ...(username === undefined ? {} : { username }), ...(displayName === undefined ? {} : { displayName }) };
};

/** @throws ProblemError `invalid_request` with every wrong field */
export const readNewUser = (body: unknown): UserContent => {
  const { username, displayName = '' } = readFields(membersOf(body), shapeErrors(NewUser, body));
  return username === undefined ? refuse(new Map([['/username', 'is mandatory']])) : { username, displayName };
};

/**
 * Reads a JSON Merge Patch (RFC 7396): what is absent stays, `displayName: null` empties it.
 * @throws ProblemError `invalid_request` with every wrong field
 */
export const readUserPatch = (body: unknown): Partial<UserContent> =>
  readFields(membersOf(body), shapeErrors(UserPatch, body));
