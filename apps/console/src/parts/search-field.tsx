import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { Icon } from './icons.tsx';

export interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  /** What the list is searched for at the moment. */
  readonly value: string;
  readonly onSearch: (words: string) => void;
}

/** Searches while one types, a moment after the last key. */
export const SearchField = ({ label, placeholder, value, onSearch }: SearchFieldProps) => {
  const [words, setWords] = useState(value);
  const search = useDebouncedCallback(onSearch, 250);
  useEffect(() => setWords(value), [value]);
  const change = (next: string): void => {
    setWords(next);
    search(next.trim());
  };
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<Icon name="search" size={16} />}
      value={words}
      onChange={(event) => change(event.currentTarget.value)}
      rightSection={
        words === '' ? null : <CloseButton size="sm" aria-label="Clear the search" onClick={() => change('')} />
      }
      maxLength={200}
      className="search-field"
    />
  );
};
