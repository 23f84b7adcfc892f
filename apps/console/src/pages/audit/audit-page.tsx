import type { AuditEntry } from '@gatehouse/contracts';
import { Button, Group, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useAdministrators, useApiKeys } from '../../api/access.ts';
import { useAudit } from '../../api/audit.ts';
import { useCursorPages } from '../../parts/cursor-pages.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Icon } from '../../parts/icons.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { Page } from '../../parts/page.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Time } from '../../parts/time.tsx';
import { AuditDetail } from './audit-detail.tsx';
import { actorWords, type Names, subjectWords, typeChoices, typeWords } from './audit-words.ts';

const what: Column<AuditEntry> = { key: 'what', title: 'What', cell: ({ type }) => typeWords(type) };

const columnsWith = (names: Names): readonly Column<AuditEntry>[] => [
  {
    key: 'subject',
    title: 'About',
    cell: ({ subjects, names: subjectNames }) => (
      <span className="break" title={subjects.join('\n')}>
        {subjectWords(subjects, subjectNames)}
      </span>
    ),
  },
  {
    key: 'who',
    title: 'Who',
    cell: ({ actor, names: subjectNames }) => (
      <span className="break" title={actor}>
        {actorWords(actor, new Map([...names, ...Object.entries(subjectNames ?? {})]))}
      </span>
    ),
  },
  { key: 'when', title: 'When', cell: ({ time }) => <Time at={time} /> },
];

/** Entries name their actors by id; the names of those who still exist are read beside them. */
const useActorNames = (): Names => {
  const administrators = useAdministrators();
  const keys = useApiKeys();
  return new Map([
    ...(administrators.data?.items ?? []).map(({ id, username }) => [id, username] as const),
    ...(keys.data?.items ?? []).map(({ id, name }) => [id, name] as const),
  ]);
};

export const AuditPage = () => {
  const [parameters, setParameters] = useSearchParams();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const names = useActorNames();
  const subject = parameters.get('subject') ?? '';
  const type = parameters.get('type') ?? '';
  const pages = useCursorPages(`${subject}/${type}`);
  const list = useAudit({ subject, type }, pages.cursor);
  const filter = (name: 'subject' | 'type', value: string): void => {
    const next = new URLSearchParams(parameters);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParameters(next, { replace: true });
  };
  const toggle = (id: string): void => {
    const next = new Set(opened);
    if (!next.delete(id)) next.add(id);
    setOpened(next);
  };

  return (
    <Page title="Audit" description="Every change and every login: who, what, when, before and after.">
      <Group gap="md" align="flex-end">
        <SearchField
          label="Entries about"
          placeholder="Id, username, reference or SSO-… reference"
          value={subject}
          onSearch={(words) => filter('subject', words)}
        />
        <NativeSelect
          aria-label="Kind of entry"
          data={[{ value: '', label: 'All kinds' }, ...typeChoices]}
          value={type}
          onChange={(event) => filter('type', event.currentTarget.value)}
          className="filter-field"
        />
      </Group>
      <ListView
        what="audit entries"
        list={list}
        pages={pages}
        empty={{
          icon: 'audit',
          title: 'No entries',
          text: subject === '' && type === '' ? 'Nothing has happened yet.' : 'None fits this choice.',
        }}
      >
        {(entries) => (
          <DataTable
            label="Audit entries"
            rows={entries}
            rowKey={({ id }) => id}
            head={what}
            columns={columnsWith(names)}
            detail={(entry) => (opened.has(entry.id) ? <AuditDetail entry={entry} /> : undefined)}
            actions={({ id, type: kind }) => (
              <Button
                size="xs"
                variant="default"
                aria-expanded={opened.has(id)}
                aria-label={`Details: ${typeWords(kind)}`}
                rightSection={<Icon name="chevron" size={14} />}
                onClick={() => toggle(id)}
              >
                Details
              </Button>
            )}
          />
        )}
      </ListView>
    </Page>
  );
};
