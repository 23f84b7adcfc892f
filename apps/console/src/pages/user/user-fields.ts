import type { User, UserPatch } from '@gatehouse/contracts';
import type { FieldMap } from '../../parts/field-errors.ts';

export interface UserValues {
  readonly username: string;
  readonly displayName: string;
}

export const userFields: FieldMap<keyof UserValues> = {
  pointers: { '/username': 'username', '/displayName': 'displayName' },
  codes: { username_taken: 'username' },
};

/** What differs, as a JSON Merge Patch: an emptied display name is taken away by `null`. Undefined when nothing does. */
export const userPatch = (before: Pick<User, keyof UserValues>, after: UserValues): UserPatch | undefined => {
  const displayName = after.displayName.trim();
  const patch: UserPatch = {
    ...(after.username === before.username ? {} : { username: after.username }),
    ...(displayName === before.displayName ? {} : { displayName: displayName === '' ? null : displayName }),
  };
  return Object.keys(patch).length === 0 ? undefined : patch;
};
