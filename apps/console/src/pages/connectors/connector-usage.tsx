import { Loader, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { type ConnectorUsage, useConnectorUsage } from '../../api/connectors.ts';

export interface ConnectorUsageWordsProps {
  readonly connectorId: string;
  /** Nothing is counted while its dialog is closed. */
  readonly counting: boolean;
  /** What is to be said when it could not be counted. */
  readonly uncounted: string;
  /** What happens to the users and sessions, of which there is one at least. */
  readonly children: (usage: ConnectorUsage) => ReactNode;
}

/** Whom a change of a connector touches, counted when its dialog opens. */
export const ConnectorUsageWords = ({ connectorId, counting, uncounted, children }: ConnectorUsageWordsProps) => {
  const usage = useConnectorUsage(connectorId, counting);
  if (usage.isPending) {
    return (
      <Text size="sm" component="div" role="status">
        <Loader size="xs" mr="xs" /> Counting who uses it…
      </Text>
    );
  }
  if (usage.isError) return <Text size="sm">Who uses it could not be counted. {uncounted}</Text>;
  if (usage.data.users === 0 && usage.data.sessions === 0) {
    return <Text size="sm">No user is linked to it, and nobody is signed in through it.</Text>;
  }
  return <Text size="sm">{children(usage.data)}</Text>;
};
