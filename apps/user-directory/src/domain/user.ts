import {
  type Change,
  ProblemError,
  sources,
  tombstoneDelayMs,
  type User,
  type UserLink,
  type UserStateRecord,
} from '@gatehouse/contracts';
import { encodeUserState } from '@gatehouse/event-log';
import type { AggregateDefinition, FactOf } from '@gatehouse/service-kit';
import type { UserContent } from './user-input.ts';

/** A link as it is stored. The connector's reference is that of the day of linking, for facts that tell of it later. */
export interface StoredLink extends UserLink {
  readonly connectorReference: string;
}

export interface UserAggregate extends User {
  readonly links: readonly StoredLink[];
}

/** A user with more is a mistake of a script, and his state record would grow without end. */
export const mostLinks = 100;

export type UserCommand =
  | { readonly type: 'create'; readonly content: UserContent }
  | { readonly type: 'patch'; readonly content: Partial<UserContent> }
  | { readonly type: 'suspend' | 'reactivate' | 'delete' }
  | { readonly type: 'link'; readonly connectorId: string; readonly connectorReference: string }
  | { readonly type: 'unlink'; readonly connectorId: string }
  | { readonly type: 'bind'; readonly connectorId: string; readonly subjectDigest: string }
  | { readonly type: 'free'; readonly connectorId: string; readonly reason: FreeReason; readonly ifLinked?: true };

/** Why a subject was freed, in `user.subject.freed`. */
export type FreeReason = 'administrator' | 'issuer_changed';

export type UserChange =
  | { readonly type: 'user.created'; readonly content: UserContent }
  | { readonly type: 'user.updated'; readonly content: UserContent; readonly changed: readonly Change[] }
  | { readonly type: 'user.suspended' | 'user.reactivated' | 'user.deleted' }
  | { readonly type: 'user.linked'; readonly connectorId: string; readonly connectorReference: string }
  | { readonly type: 'user.unlinked'; readonly connectorId: string; readonly connectorReference: string }
  | { readonly type: 'user.subject.bound'; readonly connectorId: string; readonly subjectDigest: string }
  | { readonly type: 'user.subject.freed'; readonly connectorId: string; readonly reason: FreeReason };

const linkTo = ({ links }: UserAggregate, connectorId: string): StoredLink | undefined =>
  links.find((link) => link.connectorId === connectorId);

const patch = (user: UserAggregate, given: Partial<UserContent>): readonly UserChange[] => {
  const content = { username: given.username ?? user.username, displayName: given.displayName ?? user.displayName };
  const changed = (['username', 'displayName'] as const)
    .map((member) => ({ path: `/${member}`, before: user[member], after: content[member] }))
    .filter(({ before, after }) => before !== after);
  return changed.length === 0 ? [] : [{ type: 'user.updated', content, changed }];
};

const link = (user: UserAggregate, connectorId: string, connectorReference: string): readonly UserChange[] => {
  if (linkTo(user, connectorId) !== undefined) return [];
  if (user.links.length >= mostLinks) {
    throw new ProblemError('invalid_request', { detail: `A user can be linked to at most ${mostLinks} connectors` });
  }
  return [{ type: 'user.linked', connectorId, connectorReference }];
};

/**
 * The first sign-in through a link. That no other user of the connector has the subject is what the unique index of
 * `subject` says when it is saved.
 */
const bind = (user: UserAggregate, connectorId: string, subjectDigest: string): readonly UserChange[] => {
  const bound = linkTo(user, connectorId);
  if (bound === undefined) throw new ProblemError('link_not_found');
  if (user.status !== 'active') throw new ProblemError('user_not_active');
  if (bound.subjectDigest === subjectDigest) return [];
  if (bound.subjectDigest !== undefined) throw new ProblemError('subject_already_bound');
  return [{ type: 'user.subject.bound', connectorId, subjectDigest }];
};

const free = (
  user: UserAggregate,
  connectorId: string,
  reason: FreeReason,
  ifLinked: boolean,
): readonly UserChange[] => {
  const bound = linkTo(user, connectorId);
  if (bound === undefined && !ifLinked) throw new ProblemError('link_not_found');
  return bound?.subjectDigest === undefined ? [] : [{ type: 'user.subject.freed', connectorId, reason }];
};

const decide = (command: UserCommand, state: UserAggregate | undefined): readonly UserChange[] => {
  if (command.type === 'create') return [{ type: 'user.created', content: command.content }];
  if (state === undefined) throw new ProblemError('user_not_found');
  switch (command.type) {
    case 'patch':
      return patch(state, command.content);
    case 'suspend':
      return state.status === 'suspended' ? [] : [{ type: 'user.suspended' }];
    case 'reactivate':
      return state.status === 'active' ? [] : [{ type: 'user.reactivated' }];
    case 'delete':
      return [{ type: 'user.deleted' }];
    case 'link':
      return link(state, command.connectorId, command.connectorReference);
    case 'unlink': {
      const { connectorId } = command;
      const found = linkTo(state, connectorId);
      return found === undefined
        ? []
        : [{ type: 'user.unlinked', connectorId, connectorReference: found.connectorReference }];
    }
    case 'bind':
      return bind(state, command.connectorId, command.subjectDigest);
    case 'free':
      return free(state, command.connectorId, command.reason, command.ifLinked === true);
  }
};

const evolveLinks = (links: readonly StoredLink[], change: UserChange, time: string): readonly StoredLink[] => {
  switch (change.type) {
    case 'user.linked':
      return [
        ...links,
        { connectorId: change.connectorId, connectorReference: change.connectorReference, linkedAt: time },
      ];
    case 'user.unlinked':
      return links.filter(({ connectorId }) => connectorId !== change.connectorId);
    case 'user.subject.bound':
      return links.map((one) =>
        one.connectorId === change.connectorId ? { ...one, subjectDigest: change.subjectDigest } : one,
      );
    case 'user.subject.freed':
      return links.map(({ subjectDigest, ...rest }) =>
        subjectDigest === undefined || rest.connectorId === change.connectorId ? rest : { ...rest, subjectDigest },
      );
    default:
      return links;
  }
};

const evolveUser = (user: UserAggregate, change: UserChange): UserAggregate => {
  switch (change.type) {
    case 'user.updated':
      return { ...user, ...change.content };
    case 'user.suspended':
      return { ...user, status: 'suspended' };
    case 'user.reactivated':
      return { ...user, status: 'active' };
    default:
      return user;
  }
};

export const toUser = ({ id, username, displayName, status, version, createdAt, updatedAt }: UserAggregate): User => ({
  id,
  username,
  displayName,
  status,
  version,
  createdAt,
  updatedAt,
});

const existing = (state: UserAggregate | undefined, change: UserChange): UserAggregate => {
  if (state === undefined) throw new Error(`${change.type} has no user to happen to`);
  return state;
};

const publish = (
  change: UserChange,
  after: UserAggregate | undefined,
  before: UserAggregate | undefined,
): FactOf<UserChange['type']> => {
  switch (change.type) {
    case 'user.created':
      return { type: change.type, data: { user: toUser(existing(after, change)) } };
    case 'user.updated':
      return { type: change.type, data: { user: toUser(existing(after, change)), changed: [...change.changed] } };
    case 'user.suspended':
    case 'user.reactivated':
    case 'user.deleted':
      return { type: change.type, data: { userId: existing(before, change).id } };
    case 'user.linked':
    case 'user.unlinked': {
      const { id: userId, username } = existing(before, change);
      const { connectorId, connectorReference } = change;
      return { type: change.type, data: { userId, username, connectorId, connectorReference } };
    }
    case 'user.subject.bound':
      return { type: change.type, data: { userId: existing(before, change).id, connectorId: change.connectorId } };
    case 'user.subject.freed': {
      const { connectorId, reason } = change;
      return { type: change.type, data: { userId: existing(before, change).id, connectorId, reason } };
    }
  }
};

/** Filter under which the users of a connector are listed. */
export const linkFilter = (connectorId: string): Readonly<Record<string, string>> => ({
  [`link:${connectorId}`]: 'yes',
});

const stateRecord = ({ links, ...user }: UserAggregate): UserStateRecord => ({
  version: user.version,
  user,
  links: links.map(({ connectorId, linkedAt, subjectDigest }) =>
    subjectDigest === undefined ? { connectorId, linkedAt } : { connectorId, linkedAt, subjectDigest },
  ),
});

/** The rules of users, their links and the subjects bound to these. */
export const userDefinition: AggregateDefinition<UserAggregate, UserCommand, UserChange> = {
  source: sources.userDirectory,
  decide,
  evolve(state, change, { id, version, time }) {
    if (change.type === 'user.deleted') return undefined;
    if (change.type === 'user.created') {
      return { id, ...change.content, status: 'active', version, createdAt: time, updatedAt: time, links: [] };
    }
    const user = existing(state, change);
    return { ...evolveUser(user, change), links: evolveLinks(user.links, change, time), version, updatedAt: time };
  },
  publish,
  unique: ({ username, links }) => ({
    username: [username],
    subject: links.flatMap(({ connectorId, subjectDigest }) =>
      subjectDigest === undefined ? [] : [`${connectorId}:${subjectDigest}`],
    ),
  }),
  listing: ({ username, displayName, status, links }) => ({
    sort: username,
    text: `${username}\n${displayName}`.toLowerCase(),
    filters: Object.assign({ status }, ...links.map(({ connectorId }) => linkFilter(connectorId))),
  }),
  taken: { username: 'username_taken', subject: 'subject_already_bound' },
  stateRecords({ id, version, at, state, traceparent }) {
    const context = { traceparent };
    if (state !== undefined) return [{ record: encodeUserState(id, stateRecord(state), context) }];
    const deletedAt = new Date(at).toISOString();
    return [
      { record: encodeUserState(id, { deleted: true, version, deletedAt }, context) },
      { record: encodeUserState(id, undefined, context), sendAfter: at + tombstoneDelayMs },
    ];
  },
};
