import type { View } from '@gatehouse/aggregate-store';
import { type AuditEntry, listLimits, listQuery, type Page } from '@gatehouse/contracts';
import { requireRight } from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { AuditRow } from './consumer.ts';

const AuditQuery = Type.Object({
  ...listQuery,
  subject: Type.Optional(Type.String({ maxLength: 300 })),
  type: Type.Optional(Type.String({ maxLength: 100 })),
});

/** `GET /api/audit`: newest first. The scope's hooks know the caller. */
export const auditRoutes = (scope: FastifyInstance, view: View<AuditRow>): void => {
  scope.get<{ Querystring: Static<typeof AuditQuery> }>(
    '/api/audit',
    { onRequest: requireRight('read'), schema: { querystring: AuditQuery } },
    async ({ query: { limit = listLimits.default, cursor, subject, type } }): Promise<Page<AuditEntry>> => {
      const tags = {
        ...(subject === undefined || subject === '' ? {} : { subject }),
        ...(type === undefined || type === '' ? {} : { type }),
      };
      const { items, nextCursor } = await view.list({ limit, cursor, tags, order: 'descending' });
      const entries = items.map(({ row }) => row.entry);
      return nextCursor === undefined ? { items: entries } : { items: entries, nextCursor };
    },
  );
};
