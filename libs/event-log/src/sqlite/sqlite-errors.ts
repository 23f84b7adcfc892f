import { SqliteError } from '@gatehouse/sqlite';
import { EventLogError } from '../event-log.ts';

/** Runs `work`; what the file or its disk refuses becomes `log_unavailable`. */
export const unavailable = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    if (error.code === 'closed') throw new EventLogError('closed', 'the event log is closed', { cause: error });
    throw new EventLogError('log_unavailable', `the event log does not take this: ${error.code}`, { cause: error });
  }
};
