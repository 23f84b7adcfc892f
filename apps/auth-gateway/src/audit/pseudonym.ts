import { type AuditEntry, canonicalEmail } from '@gatehouse/contracts';

/** Stands for a deleted user in the audit: the same in every entry, and nothing that he could be found by outside. */
export const pseudonymOf = (userId: string): string => `deleted-user-${userId.slice(-8)}`;

const personalNames: ReadonlySet<string> = new Set(['username', 'displayName']);
const personalPaths: ReadonlySet<string> = new Set(['/username', '/displayName']);

const personalTexts = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(personalTexts);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    personalNames.has(name) && typeof inner === 'string' ? [inner] : personalTexts(inner),
  );
};

/** What names a person in an entry about him: his names now and, where they changed, before and after. */
export const personalValues = ({ data, changed = [] }: AuditEntry): readonly string[] => {
  const fromChanges = changed
    .filter(({ path }) => personalPaths.has(path))
    .flatMap(({ before, after }) => [before, after])
    .filter((value) => typeof value === 'string');
  return [...new Set([...personalTexts(data), ...fromChanges])].filter((text) => text !== '');
};

/** The e-mail addresses among them: entries of refused sign-ins know a person by nothing else. */
export const emailsAmong = (values: readonly string[]): readonly string[] =>
  values.filter((value) => canonicalEmail(value) === value);

const replaceIn = (value: unknown, names: readonly string[], pseudonym: string): unknown => {
  if (typeof value === 'string') return names.reduce((text, name) => text.replaceAll(name, pseudonym), value);
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, names, pseudonym));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replaceIn(inner, names, pseudonym)]));
};

/** The entry with the names replaced wherever they stand; ids, times and types stay. */
export const pseudonymised = (entry: AuditEntry, names: readonly string[], pseudonym: string): AuditEntry => {
  // The longest first, so that no name leaves a part of another one behind.
  const ordered = [...names].sort((a, b) => b.length - a.length);
  const { subjects, data, changed, ...rest } = entry;
  const replaced = {
    ...rest,
    subjects: replaceIn(subjects, ordered, pseudonym),
    data: replaceIn(data, ordered, pseudonym),
    ...(changed === undefined ? {} : { changed: replaceIn(changed, ordered, pseudonym) }),
  };
  return replaced as AuditEntry;
};
