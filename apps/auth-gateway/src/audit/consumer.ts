import type { View, Views, ViewWrite } from '@gatehouse/aggregate-store';
import { type AuditEntry, aggregates, factsTopic } from '@gatehouse/contracts';
import type { Consumer } from '@gatehouse/event-log';
import { auditEntryOf, type FiledEntry } from './entry.ts';
import { emailsAmong, personalValues, pseudonymised, pseudonymOf } from './pseudonym.ts';

export const auditView = 'audit';

/** A row: the entry, and by whom it is found when a person is to be forgotten. */
export interface AuditRow {
  readonly entry: AuditEntry;
  readonly persons: readonly string[];
}

/** `raw` entries give way to `pseudonymised` ones, and never the other way round: a replay brings no name back. */
const revisions = { raw: 1, pseudonymised: 2 } as const;
const pageSize = 200;

type Write = ViewWrite<AuditRow> & { readonly view: string };

const write = ({ entry, persons }: AuditRow, revision: number): Write => ({
  view: auditView,
  key: entry.id,
  row: { entry, persons },
  // Newest first, and entries of one moment in the order of their ids, which are made in order.
  sort: `${entry.time} ${entry.id}`,
  tags: { subject: entry.subjects, type: [entry.type], person: persons },
  revision,
});

const storedAbout = async (view: View<AuditRow>, person: string): Promise<readonly AuditRow[]> => {
  const found: AuditRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await view.list({ limit: pageSize, cursor, tags: { person }, order: 'ascending' });
    found.push(...page.items.map(({ row }) => row));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
};

/** Builds the audit from all facts: idempotent by event id. */
export const createAuditConsumer = (views: Views): Consumer => {
  const name = 'gatehouse-gateway-audit';
  const view = views.view<AuditRow>(auditView);

  /** Rows about a person, those of this batch included. */
  const about = async (writes: ReadonlyMap<string, Write>, person: string): Promise<readonly AuditRow[]> => {
    const rows = new Map((await storedAbout(view, person)).map((row) => [row.entry.id, row]));
    for (const { key, row } of writes.values()) if (row?.persons.includes(person) === true) rows.set(key, row);
    return [...rows.values()];
  };

  const forget = async (writes: Map<string, Write>, userId: string): Promise<void> => {
    const own = await about(writes, userId);
    const names = [...new Set(own.flatMap(({ entry }) => personalValues(entry)))];
    const pseudonym = pseudonymOf(userId);
    const byEmail = await Promise.all(emailsAmong(names).map((email) => about(writes, email)));
    for (const { entry, persons } of [...own, ...byEmail.flat()]) {
      const stay = persons.filter((person) => !names.includes(person));
      writes.set(
        entry.id,
        write({ entry: pseudonymised(entry, names, pseudonym), persons: stay }, revisions.pseudonymised),
      );
    }
  };

  return {
    name,
    kind: 'projection',
    topics: aggregates.map(factsTopic),
    positions: () => views.positions(name),
    async apply({ topic, partition, messages, next }) {
      const writes = new Map<string, Write>();
      for (const message of messages) {
        if (message.kind !== 'fact') continue;
        const filed: FiledEntry = auditEntryOf(message.fact);
        writes.set(filed.entry.id, write(filed, revisions.raw));
        if (message.fact.type === 'user.deleted') await forget(writes, message.fact.subject);
      }
      await views.apply({ writes: [...writes.values()], position: { consumer: name, topic, partition, next } });
    },
  };
};
