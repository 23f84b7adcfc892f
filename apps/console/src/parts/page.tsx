import { Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';

export interface PageProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Small words beside the title: a state. */
  readonly badge?: ReactNode;
  readonly actions?: ReactNode;
  readonly above?: ReactNode;
  readonly children: ReactNode;
}

let firstPage = true;

/**
 * The frame of a page: its title in the tab, one h1, and the focus on it after a change of page, so that the keyboard
 * and screen readers start at the top of what is new.
 */
export const Page = ({ title, description, badge, actions, above, children }: PageProps) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useDocumentTitle(`${title} · Gatehouse`);
  useEffect(() => {
    if (!firstPage) heading.current?.focus({ preventScroll: true });
    firstPage = false;
  }, []);
  return (
    <Stack gap="lg">
      {above}
      <Group justify="space-between" align="flex-end" gap="sm">
        <div className="page-head">
          <Group gap="sm">
            <Title order={1} size="h2" ref={heading} tabIndex={-1} className="page-title">
              {title}
            </Title>
            {badge}
          </Group>
          {description !== undefined && (
            <Text c="dimmed" size="sm" mt={4} component="div">
              {description}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Stack>
  );
};
