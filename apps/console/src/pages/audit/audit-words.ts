import type { AuditEntry, EventType, RefusalCode } from '@gatehouse/contracts';
import { eventTypes } from '@gatehouse/contracts/events';
import { refusals } from '@gatehouse/contracts/refusals';

/** Every kind of entry in words: complete by its type, so that a new fact does not compile without them. */
const words: Readonly<Record<EventType, string>> = {
  'connector.created': 'Connector created',
  'connector.updated': 'Connector changed',
  'connector.enabled': 'Connector enabled',
  'connector.disabled': 'Connector disabled',
  'connector.deleted': 'Connector deleted',
  'user.created': 'User created',
  'user.updated': 'User changed',
  'user.suspended': 'User suspended',
  'user.reactivated': 'User reactivated',
  'user.deleted': 'User deleted',
  'user.linked': 'User linked to a connector',
  'user.unlinked': 'User unlinked from a connector',
  'user.subject.bound': 'Subject bound',
  'user.subject.freed': 'Subject freed',
  'login.succeeded': 'Login succeeded',
  'login.failed': 'Login failed',
  'session.started': 'Session started',
  'session.revoked': 'Session revoked',
  'administrator.created': 'Administrator created',
  'administrator.deleted': 'Administrator removed',
  'administrator.signed-in': 'Administrator signed in',
  'administrator.sign-in-refused': 'Wrong passphrase of an administrator',
  'api-key.created': 'API key created',
  'api-key.deleted': 'API key deleted',
};

const isKnown = (type: string): type is EventType => type in eventTypes;

/** A kind of entry in words; one that this page does not know yet as its plain name. */
export const typeWords = (type: string): string => (isKnown(type) ? words[type] : type);

export const typeChoices: readonly { readonly value: string; readonly label: string }[] = Object.entries(words).map(
  ([value, label]) => ({ value, label }),
);

/** Names of administrators and API keys by id. */
export type Names = ReadonlyMap<string, string>;

const actorKinds: Readonly<Record<string, string>> = {
  administrator: 'Administrator',
  'api-key': 'API key',
  user: 'User',
  system: 'System',
};

/** `administrator/adm_…` as a reader knows him. */
export const actorWords = (actor: string, names: Names): string => {
  const slash = actor.indexOf('/');
  if (slash < 0) return actor;
  const kind = actorKinds[actor.slice(0, slash)] ?? actor.slice(0, slash);
  const id = actor.slice(slash + 1);
  return kind === 'Administrator' && names.has(id) ? (names.get(id) ?? id) : `${kind} ${names.get(id) ?? id}`;
};

const isId = (subject: string): boolean => /^(con|usr|adm|key|ses|att|evt)_[0-9a-z]{26}$/.test(subject);

/** What an entry is about: its names, where it has some; its first id otherwise. */
export const subjectWords = (subjects: readonly string[], names: Readonly<Record<string, string>> = {}): string => {
  const spoken = [...new Set(subjects.map((subject) => names[subject] ?? subject))].filter((subject) => !isId(subject));
  return (spoken.length > 0 ? spoken : subjects.slice(0, 1)).join(' · ');
};

/** Why a login failed, for `login.failed`; undefined for every other entry. */
export const refusalWords = ({ type, data }: Pick<AuditEntry, 'type' | 'data'>): string | undefined => {
  const code = data.code;
  if (type !== 'login.failed' || typeof code !== 'string') return undefined;
  return code in refusals ? refusals[code as RefusalCode] : code;
};

/** A value of a change as text: absent ones are undefined, texts as they are, anything else as JSON. */
export const valueText = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
};

/** `/saml/issuerUrl` as `saml › issuerUrl` (RFC 6901 escapes undone). */
export const pathWords = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join(' › ');
