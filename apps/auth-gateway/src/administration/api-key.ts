import { timingSafeEqual } from 'node:crypto';
import { type ApiKey, ProblemError, type Right, sources } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { AggregateDefinition, Moment } from '@gatehouse/service-kit';

export interface ApiKeyState extends ApiKey {
  readonly secretHash: string;
}

export type ApiKeyCommand =
  | {
      readonly kind: 'create';
      readonly name: string;
      readonly rights: readonly Right[];
      readonly expiresAt?: string | undefined;
      readonly secretHash: string;
    }
  | { readonly kind: 'delete' };

type Created = Omit<Extract<ApiKeyCommand, { kind: 'create' }>, 'kind'>;
export type ApiKeyChange = ({ readonly type: 'api-key.created' } & Created) | { readonly type: 'api-key.deleted' };

/** Without the hash: what lists and facts show. */
export const shownApiKey = ({ secretHash: _, ...shown }: ApiKeyState): ApiKey => shown;

const requireState = (state: ApiKeyState | undefined): ApiKeyState => {
  if (state === undefined) throw new ProblemError('api_key_not_found');
  return state;
};

/** API keys: never changed, only made and deleted. */
export const apiKeyDefinition: AggregateDefinition<ApiKeyState, ApiKeyCommand, ApiKeyChange> = {
  source: sources.authGateway,
  decide(command, state) {
    if (command.kind === 'delete') {
      requireState(state);
      return [{ type: 'api-key.deleted' }];
    }
    const { kind: _, ...given } = command;
    return state === undefined ? [{ type: 'api-key.created', ...given }] : [];
  },
  evolve(_state, change, { id, time }: Moment) {
    if (change.type === 'api-key.deleted') return undefined;
    const { name, rights, expiresAt, secretHash } = change;
    return {
      id,
      name,
      rights: [...rights],
      secretHash,
      createdAt: time,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  },
  publish(change, after, before) {
    if (change.type === 'api-key.created')
      return { type: change.type, data: { apiKey: shownApiKey(requireState(after)) } };
    const { id, name } = requireState(before);
    return { type: change.type, data: { apiKeyId: id, name } };
  },
  unique: () => ({}),
  listing: ({ id, name }) => ({ sort: id, text: name.toLowerCase(), filters: {} }),
  taken: {},
};

// The id in front finds the row without an index over secrets; the secret is what counts.
const keyPattern = /^gk_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;

/** `gk_`, the key's id without its prefix, `_`, 32 random bytes: shown once. */
export const writtenApiKey = (id: string, secret: string): string => `gk_${id.slice('key_'.length)}_${secret}`;

/** Id and secret of a written key; undefined for any other text. */
export const readApiKey = (text: string): { readonly id: string; readonly secret: string } | undefined => {
  const [, idTail, secret] = keyPattern.exec(text) ?? [];
  return idTail === undefined || secret === undefined ? undefined : { id: `key_${idTail}`, secret };
};

/** Whether the secret is the one hashed; in constant time. */
export const isSecretOf = (secret: string, secretHash: string): boolean => {
  const given = Buffer.from(tokenHash(secret));
  const kept = Buffer.from(secretHash);
  return given.length === kept.length && timingSafeEqual(given, kept);
};
