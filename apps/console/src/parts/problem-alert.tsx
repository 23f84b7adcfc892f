import type { FieldError } from '@gatehouse/contracts';
import { Alert, Button, Code, List, Text } from '@mantine/core';
import { asProblem, sentence } from './field-errors.ts';
import { Icon } from './icons.tsx';

export interface ProblemAlertProps {
  readonly title: string;
  readonly error: unknown;
  /** Field errors that no field of the form shows. */
  readonly rest?: readonly FieldError[];
  readonly retry?: { readonly label: string; readonly run: () => void };
}

/** A fault with what the reader needs: what happened, what to do, and the trace reference for the operator. */
export const ProblemAlert = ({ title, error, rest = [], retry }: ProblemAlertProps) => {
  const problem = asProblem(error);
  return (
    <Alert color="red" title={title} icon={<Icon name="warning" />} role="alert">
      <Text size="sm">{problem.message}</Text>
      {rest.length > 0 && (
        <List size="sm" mt="xs">
          {rest.map(({ pointer, message }) => (
            <List.Item key={pointer}>
              <Code>{pointer}</Code> {sentence(message)}
            </List.Item>
          ))}
        </List>
      )}
      {problem.traceId !== '' && (
        <Text size="xs" mt="xs" className="trace-reference">
          Trace reference <Code>{problem.traceId}</Code>
        </Text>
      )}
      {retry !== undefined && (
        <Button size="xs" variant="default" mt="sm" onClick={retry.run}>
          {retry.label}
        </Button>
      )}
    </Alert>
  );
};
