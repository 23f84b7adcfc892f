import type { Right } from '@gatehouse/contracts';

/** What each right opens, in words: complete by its type. */
export const rightWords: Readonly<Record<Right, { readonly label: string; readonly description: string }>> = {
  admin: { label: 'Administer', description: 'Read and change everything' },
  read: { label: 'Read', description: 'Read connectors, users, sessions and the audit' },
  'sessions:check': { label: 'Check sessions', description: 'For services that ask who a session belongs to' },
  'grants:read': {
    label: 'Read grants',
    description: 'For services that need live access tokens of other applications',
  },
};

/** The end of a day given as `2027-01-31` in the reader's own zone, as an ISO time; undefined when it is empty. */
export const endOfDay = (day: string): string | undefined =>
  day === '' ? undefined : new Date(`${day}T23:59:59`).toISOString();
