import { notifications } from '@mantine/notifications';
import { asProblem } from './field-errors.ts';

/** Short words in the corner, read out by screen readers; what must be read stays until it is closed. */
export const notifyDone = (message: string): void => {
  notifications.show({ message, color: 'green', withBorder: true });
};

export const notifyPending = (): void => {
  notifications.show({
    id: 'pending',
    message: 'Saved. It takes a few more seconds until the change is in force everywhere.',
    color: 'yellow',
    withBorder: true,
  });
};

export const notifyFailure = (title: string, error: unknown): void => {
  const problem = asProblem(error);
  notifications.show({
    title,
    message: problem.traceId === '' ? problem.message : `${problem.message} Trace reference: ${problem.traceId}`,
    color: 'red',
    withBorder: true,
    autoClose: false,
  });
};
