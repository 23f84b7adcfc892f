import { type AnyFact, type AuditEntry, type Change, Change as ChangeSchema, matches } from '@gatehouse/contracts';
import { traceIdOf } from '@gatehouse/service-kit';
import { Type } from 'typebox';

/** An audit entry and how it is found again. */
export interface FiledEntry {
  readonly entry: AuditEntry;
  /** Users whom the entry names by more than an id: by `usr_…`, or by e-mail address where no id is known. */
  readonly persons: readonly string[];
}

const Changes = Type.Array(ChangeSchema);
const userIdPattern = /\busr_[0-9a-z]{26}\b/g;
const emailPattern = /[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g;

/** Every text under the given names, at any depth. */
const textsAt = (value: unknown, names: ReadonlySet<string>): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => textsAt(item, names));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    names.has(name) && typeof inner === 'string' ? [inner] : textsAt(inner, names),
  );
};

const subjectNames: ReadonlySet<string> = new Set([
  'attemptId',
  'connectorId',
  'connectorReference',
  'sessionId',
  'userId',
  'administratorId',
  'apiKeyId',
  'reference',
  'username',
]);

const changedOf = (data: Readonly<Record<string, unknown>>): readonly Change[] | undefined => {
  const changed = data.changed;
  return matches(Changes, changed) ? changed : undefined;
};

const personsOf = (fact: AnyFact): readonly string[] => {
  if (fact.type.startsWith('user.')) return [fact.subject];
  const detail = fact.type === 'login.failed' ? fact.data.detail : undefined;
  return detail === undefined ? [] : (detail.match(emailPattern) ?? []);
};

/** Users that a refused sign-in was about. */
const refusedUsersOf = (fact: AnyFact): readonly string[] =>
  fact.type === 'login.failed' ? (fact.data.detail?.match(userIdPattern) ?? []) : [];

/** Whoever acted is found by his id; `system/…` is nobody to look for. */
const actorIdOf = ({ actor }: AnyFact): readonly string[] => {
  const [kind, id] = actor.split('/');
  return kind === 'system' || id === undefined ? [] : [id];
};

/** A fact as a line to read. Facts carry no secret; where one changed they say `•••` already. */
export const auditEntryOf = (fact: AnyFact): FiledEntry => {
  const { changed: _, ...data } = fact.data as Readonly<Record<string, unknown>>;
  const changed = changedOf(fact.data as Readonly<Record<string, unknown>>);
  const traceId = traceIdOf(fact.traceparent);
  const persons = personsOf(fact);
  const subjects = new Set([
    fact.subject,
    ...actorIdOf(fact),
    ...textsAt(data, subjectNames),
    ...refusedUsersOf(fact),
    ...persons,
  ]);
  const entry: AuditEntry = {
    id: fact.id,
    time: fact.time,
    type: fact.type,
    actor: fact.actor,
    subjects: [...subjects],
    data,
    ...(traceId === undefined ? {} : { traceId }),
    ...(changed === undefined ? {} : { changed: [...changed] }),
  };
  return { entry, persons };
};
