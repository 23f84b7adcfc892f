import type { AuditEntry, Change } from '@gatehouse/contracts';
import { Code, Stack, Text } from '@mantine/core';
import { pathWords, refusalWords, valueText } from './audit-words.ts';

/** An entry in full: why, what changed from what to what, and the ids to look further with. */
export const AuditDetail = ({ entry }: { readonly entry: AuditEntry }) => {
  const refusal = refusalWords(entry);
  const changed = entry.changed ?? [];
  return (
    <Stack gap="md" py="xs">
      {refusal !== undefined && <Text size="sm">{refusal}.</Text>}
      {changed.length > 0 && (
        <div>
          {changed.map((change) => (
            <ChangeView key={change.path} change={change} />
          ))}
        </div>
      )}
      <dl className="facts">
        {Object.entries(entry.data)
          .filter(([name, value]) => name !== 'changed' && valueText(value) !== undefined)
          .map(([name, value]) => (
            <Fact key={name} name={name} value={valueText(value) ?? ''} />
          ))}
        <Fact name="actor" value={entry.actor} />
        <Fact name="entry" value={entry.id} />
        {entry.traceId !== undefined && <Fact name="trace reference" value={entry.traceId} />}
      </dl>
    </Stack>
  );
};

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <>
    <dt>{name}</dt>
    <dd>
      {value.includes('\n') ? (
        <Code block className="fact-block">
          {value}
        </Code>
      ) : (
        value
      )}
    </dd>
  </>
);

const ChangeView = ({ change }: { readonly change: Change }) => {
  const before = valueText(change.before);
  const after = valueText(change.after);
  return (
    <div className="change">
      <Text size="sm" fw={600} className="break">
        {pathWords(change.path)}
      </Text>
      {before !== undefined && (
        <del>
          <span className="visually-hidden">Before: </span>
          {before}
        </del>
      )}
      {after !== undefined && (
        <ins>
          <span className="visually-hidden">After: </span>
          {after}
        </ins>
      )}
    </div>
  );
};
