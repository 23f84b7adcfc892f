import type { Page } from '@gatehouse/contracts';
import { Button, EmptyState, Group, Paper, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { CursorPages } from './cursor-pages.ts';
import { Icon, type IconName } from './icons.tsx';
import { ProblemAlert } from './problem-alert.tsx';

export interface ListViewProps<Item> {
  /** `users`: for the words of loading and faults. */
  readonly what: string;
  readonly list: UseQueryResult<Page<Item>>;
  readonly pages?: CursorPages;
  readonly empty: {
    readonly icon: IconName;
    readonly title: string;
    readonly text: ReactNode;
    readonly action?: ReactNode;
  };
  readonly children: (items: readonly Item[]) => ReactNode;
}

/** A list in each of its states: loading, broken, empty, filled; with the way to the next and the previous page. */
export const ListView = <Item,>({ what, list, pages, empty, children }: ListViewProps<Item>) => {
  if (list.isPending) return <ListSkeleton what={what} />;
  if (list.isError) {
    return (
      <ProblemAlert
        title={`The ${what} could not be loaded`}
        error={list.error}
        retry={
          pages !== undefined && pages.number > 1
            ? { label: 'Back to the first page', run: pages.first }
            : { label: 'Try again', run: () => void list.refetch() }
        }
      />
    );
  }
  const { items, nextCursor } = list.data;
  if (items.length === 0 && (pages === undefined || pages.number === 1)) {
    return (
      <Paper withBorder radius="md" p="xl">
        <EmptyState icon={<Icon name={empty.icon} size={28} />} title={empty.title} withIndicatorBackground>
          <EmptyState.Description>{empty.text}</EmptyState.Description>
          {empty.action !== undefined && <EmptyState.Actions>{empty.action}</EmptyState.Actions>}
        </EmptyState>
      </Paper>
    );
  }
  return (
    <Stack gap="md" className={list.isPlaceholderData ? 'list-old' : ''} aria-busy={list.isFetching}>
      {children(items)}
      {pages !== undefined && (pages.number > 1 || nextCursor !== undefined) && (
        <Pager pages={pages} next={nextCursor} busy={list.isPlaceholderData} />
      )}
    </Stack>
  );
};

interface PagerProps {
  readonly pages: CursorPages;
  readonly next: string | undefined;
  readonly busy: boolean;
}

const Pager = ({ pages, next, busy }: PagerProps) => (
  <Group justify="space-between" component="nav" aria-label="Pages">
    <Button
      variant="default"
      size="sm"
      leftSection={<Icon name="previous" size={16} />}
      disabled={pages.number === 1 || busy}
      onClick={pages.previous}
    >
      Previous
    </Button>
    <Text size="sm" c="dimmed" aria-live="polite">
      Page {pages.number}
    </Text>
    <Button
      variant="default"
      size="sm"
      rightSection={<Icon name="next" size={16} />}
      disabled={next === undefined || busy}
      onClick={() => {
        if (next !== undefined) pages.next(next);
      }}
    >
      Next
    </Button>
  </Group>
);

export const ListSkeleton = ({ what }: { readonly what: string }) => (
  <Paper withBorder radius="md" p="md" role="status">
    <span className="visually-hidden">Loading the {what}</span>
    <Stack gap="md">
      {[90, 70, 80, 60].map((width) => (
        <Skeleton key={width} height={18} width={`${width}%`} />
      ))}
    </Stack>
  </Paper>
);
