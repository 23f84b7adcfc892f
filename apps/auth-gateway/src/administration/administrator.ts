import { type Administrator, ProblemError, sources } from '@gatehouse/contracts';
import type { AggregateDefinition, FactOf, Moment } from '@gatehouse/service-kit';

export interface AdministratorState extends Administrator {
  readonly passphraseHash: string;
}

export type AdministratorCommand =
  | {
      readonly kind: 'create';
      /** Canonical e-mail address. */
      readonly username: string;
      readonly displayName: string;
      readonly passphraseHash: string;
    }
  | { readonly kind: 'note-sign-in' }
  | { readonly kind: 'note-refused-sign-in' }
  | { readonly kind: 'delete' };

export type AdministratorChange =
  | {
      readonly type: 'administrator.created';
      readonly username: string;
      readonly displayName: string;
      readonly passphraseHash: string;
    }
  | { readonly type: 'administrator.signed-in' }
  | { readonly type: 'administrator.sign-in-refused' }
  | { readonly type: 'administrator.deleted' };

type AdministratorFact = FactOf<AdministratorChange['type']>;

/** Without the hash: what answers and facts show. */
export const shownAdministrator = ({ passphraseHash: _, ...shown }: AdministratorState): Administrator => shown;

const requireState = (state: AdministratorState | undefined): AdministratorState => {
  if (state === undefined) throw new ProblemError('administrator_not_found');
  return state;
};

const decide = (
  command: AdministratorCommand,
  state: AdministratorState | undefined,
): readonly AdministratorChange[] => {
  switch (command.kind) {
    case 'create': {
      if (state !== undefined) return [];
      const { kind: _, ...given } = command;
      return [{ type: 'administrator.created', ...given }];
    }
    case 'note-sign-in':
      requireState(state);
      return [{ type: 'administrator.signed-in' }];
    case 'note-refused-sign-in':
      requireState(state);
      return [{ type: 'administrator.sign-in-refused' }];
    case 'delete':
      requireState(state);
      return [{ type: 'administrator.deleted' }];
  }
};

const evolve = (
  state: AdministratorState | undefined,
  change: AdministratorChange,
  { id, time, version }: Moment,
): AdministratorState | undefined => {
  switch (change.type) {
    case 'administrator.created': {
      const { username, displayName, passphraseHash } = change;
      return { id, username, displayName, passphraseHash, version, createdAt: time, updatedAt: time };
    }
    case 'administrator.signed-in':
    case 'administrator.sign-in-refused':
      return { ...requireState(state), version };
    case 'administrator.deleted':
      return undefined;
  }
};

const publish = (
  change: AdministratorChange,
  after: AdministratorState | undefined,
  before: AdministratorState | undefined,
): AdministratorFact => {
  if (change.type === 'administrator.created') {
    return { type: change.type, data: { administrator: shownAdministrator(requireState(after)) } };
  }
  const { id: administratorId, username } = requireState(before);
  return { type: change.type, data: { administratorId, username } };
};

/** Administrators: accounts of their own, never users. */
export const administratorDefinition: AggregateDefinition<
  AdministratorState,
  AdministratorCommand,
  AdministratorChange
> = {
  source: sources.authGateway,
  decide,
  evolve,
  publish,
  unique: ({ username }) => ({ username: [username] }),
  listing: ({ username, displayName }) => ({
    sort: username,
    text: `${username} ${displayName}`.toLowerCase(),
    filters: {},
  }),
  taken: { username: 'administrator_taken' },
};
