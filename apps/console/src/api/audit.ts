import type { AuditEntry } from '@gatehouse/contracts';
import { type Filters, useList } from './lists.ts';

export const useAudit = (filters: Filters, cursor?: string) =>
  useList<AuditEntry>('audit', '/api/audit', filters, cursor);
