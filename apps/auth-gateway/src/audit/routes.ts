import type { View } from '@gatehouse/aggregate-store';
import { type AuditEntry, canonicalEmail, listLimits, listQuery, type Page } from '@gatehouse/contracts';
import { requireRight } from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Projection } from '../projection/projection.ts';
import type { AuditRow } from './consumer.ts';

const AuditQuery = Type.Object({
  ...listQuery,
  subject: Type.Optional(Type.String({ maxLength: 300 })),
  type: Type.Optional(Type.String({ maxLength: 100 })),
});

/** The entry with the names that the ids in it have today. */
const named = (entry: AuditEntry, projection: Projection): AuditEntry => {
  const names: Record<string, string> = {};
  for (const subject of entry.subjects) {
    const name = projection.user(subject)?.user?.username ?? projection.connector(subject)?.connector?.reference;
    if (name !== undefined) names[subject] = name;
  }
  return Object.keys(names).length === 0 ? entry : { ...entry, names };
};

/**
 * What is looked for: a reference as it is written, however it was read out; a user who exists by his id, which stands in his
 * logins and sessions too; anything else as it is given.
 */
const soughtSubject = (given: string, projection: Projection): string => {
  const text = given.trim();
  if (/^sso-/i.test(text)) return text.toUpperCase();
  const username = canonicalEmail(text);
  return (username === undefined ? undefined : projection.userByUsername(username)?.id) ?? text;
};

/** `GET /api/audit`: newest first. The scope's hooks know the caller. */
export const auditRoutes = (scope: FastifyInstance, view: View<AuditRow>, projection: Projection): void => {
  scope.get<{ Querystring: Static<typeof AuditQuery> }>(
    '/api/audit',
    { onRequest: requireRight('read'), schema: { querystring: AuditQuery } },
    async ({ query: { limit = listLimits.default, cursor, subject, type } }): Promise<Page<AuditEntry>> => {
      const tags = {
        ...(subject === undefined || subject === '' ? {} : { subject: soughtSubject(subject, projection) }),
        ...(type === undefined || type === '' ? {} : { type }),
      };
      const { items, nextCursor } = await view.list({ limit, cursor, tags, order: 'descending' });
      const entries = items.map(({ row }) => named(row.entry, projection));
      return nextCursor === undefined ? { items: entries } : { items: entries, nextCursor };
    },
  );
};
