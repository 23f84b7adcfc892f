import { Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Logo } from './icons.tsx';

export interface GateProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly children: ReactNode;
}

/** A page for those who are not signed in: one card in the middle. */
export const Gate = ({ title, description, children }: GateProps) => {
  useDocumentTitle(`${title} · Gatehouse`);
  return (
    <main className="gate">
      <Paper withBorder radius="lg" p="xl" shadow="sm" className="gate-card">
        <Stack gap="lg">
          <Logo size={40} />
          <div>
            <Title order={1} size="h3">
              {title}
            </Title>
            <Text size="sm" c="dimmed" mt={4}>
              {description}
            </Text>
          </div>
          {children}
        </Stack>
      </Paper>
    </main>
  );
};
