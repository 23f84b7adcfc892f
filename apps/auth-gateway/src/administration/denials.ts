import { denySubjects } from '@gatehouse/login-state';
import type { Ending } from '../projection/known.ts';

/** What a change of the admin API takes away from people: the mark that says so, and the sessions that it ends. */
export interface Denial {
  readonly subject: string;
  readonly ending: Ending;
}

interface DenyingRoute {
  readonly method: string;
  readonly path: RegExp;
  denial(id: string, connectorId: string): Denial;
}

const user = '/api/users/(usr_[0-9a-z]+)';
const connector = '/api/connectors/(con_[0-9a-z]+)';
const link = `${user}/connectors/(con_[0-9a-z]+)`;
const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);

const routes: readonly DenyingRoute[] = [
  {
    method: 'POST',
    path: whole(`${user}/suspend`),
    denial: (userId) => ({ subject: denySubjects.user(userId), ending: { userId, reason: 'user_suspended' } }),
  },
  {
    method: 'DELETE',
    path: whole(user),
    denial: (userId) => ({ subject: denySubjects.user(userId), ending: { userId, reason: 'user_deleted' } }),
  },
  {
    method: 'DELETE',
    path: whole(link),
    denial: (userId, connectorId) => ({
      subject: denySubjects.link(userId, connectorId),
      ending: { userId, connectorId, reason: 'user_unlinked' },
    }),
  },
  {
    method: 'DELETE',
    path: whole(`${link}/subject`),
    denial: (userId, connectorId) => ({
      subject: denySubjects.link(userId, connectorId),
      ending: { userId, connectorId, reason: 'subject_freed' },
    }),
  },
  {
    method: 'POST',
    path: whole(`${connector}/disable`),
    denial: (connectorId) => ({
      subject: denySubjects.connector(connectorId),
      ending: { connectorId, reason: 'connector_disabled' },
    }),
  },
  {
    method: 'DELETE',
    path: whole(connector),
    denial: (connectorId) => ({
      subject: denySubjects.connector(connectorId),
      ending: { connectorId, reason: 'connector_deleted' },
    }),
  },
];

/** @param path without its query @returns undefined for a change that takes nothing away */
export const denialOf = (method: string, path: string): Denial | undefined => {
  for (const route of routes) {
    const found = route.method === method ? route.path.exec(path) : null;
    if (found !== null) return route.denial(found[1] ?? '', found[2] ?? '');
  }
  return undefined;
};
