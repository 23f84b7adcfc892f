import { Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useConnector, useConnectors } from '../api/connectors.ts';
import { useUser, useUsers } from '../api/users.ts';

interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface PickerProps {
  readonly label: string;
  readonly placeholder: string;
  /** Id of what is picked. */
  readonly value: string | undefined;
  readonly onPick: (id: string | undefined) => void;
  /** Ids that are no choice, because they are taken already. */
  readonly without?: readonly string[];
}

interface SearchSelectProps extends PickerProps {
  readonly choices: readonly Choice[];
  readonly busy: boolean;
  readonly words: string;
  readonly onWords: (words: string) => void;
}

/** A select whose choices the server searches: there may be thousands. */
const SearchSelect = ({ choices, busy, words, onWords, without = [], value, onPick, ...rest }: SearchSelectProps) => (
  <Select
    {...rest}
    searchable
    clearable
    clearButtonProps={{ 'aria-label': `Clear: ${rest.label}` }}
    data={choices.filter((choice) => !without.includes(choice.value))}
    filter={({ options }) => options}
    value={value ?? null}
    onChange={(picked) => onPick(picked ?? undefined)}
    searchValue={words}
    onSearchChange={onWords}
    nothingFoundMessage={busy ? 'Searching…' : 'Nothing found'}
    rightSection={busy ? <Loader size={16} /> : undefined}
    comboboxProps={{ withinPortal: false }}
    maxDropdownHeight={260}
  />
);

const withPicked = (found: readonly Choice[], picked: Choice | undefined): readonly Choice[] =>
  picked === undefined || found.some((choice) => choice.value === picked.value) ? found : [picked, ...found];

/** While the field shows the name of what is picked, that name is no search. */
const searchFor = (words: string, picked: Choice | undefined): string | undefined =>
  words === '' || words === picked?.label ? undefined : words;

export const ConnectorPicker = (props: PickerProps) => {
  const [words, setWords] = useState('');
  const picked = useConnector(props.value ?? '', props.value !== undefined);
  const pickedChoice =
    props.value === undefined || picked.data === undefined ? undefined : connectorChoice(picked.data);
  const [search] = useDebouncedValue(searchFor(words, pickedChoice), 200);
  const found = useConnectors({ q: search });
  return (
    <SearchSelect
      {...props}
      choices={withPicked((found.data?.items ?? []).map(connectorChoice), pickedChoice)}
      busy={found.isFetching}
      words={words}
      onWords={setWords}
    />
  );
};

const connectorChoice = (connector: {
  readonly id: string;
  readonly name: string;
  readonly reference: string;
}): Choice => ({
  value: connector.id,
  label: `${connector.name} (${connector.reference})`,
});

export const UserPicker = (props: PickerProps) => {
  const [words, setWords] = useState('');
  const picked = useUser(props.value ?? '', props.value !== undefined);
  const pickedChoice = props.value === undefined || picked.data === undefined ? undefined : userChoice(picked.data);
  const [search] = useDebouncedValue(searchFor(words, pickedChoice), 200);
  const found = useUsers({ q: search });
  return (
    <SearchSelect
      {...props}
      choices={withPicked((found.data?.items ?? []).map(userChoice), pickedChoice)}
      busy={found.isFetching}
      words={words}
      onWords={setWords}
    />
  );
};

const userChoice = (user: { readonly id: string; readonly username: string }): Choice => ({
  value: user.id,
  label: user.username,
});
