import { type EventLog, EventLogError, type LogRecord } from '@gatehouse/event-log';

/** A log that keeps what is appended, and fences writers of one name as the port demands. */
export const recordingLog = () => {
  const records: LogRecord[] = [];
  const epochs = new Map<string, number>();
  const unused = (): never => {
    throw new Error('a relay only writes');
  };
  const log: EventLog = {
    async openWriter(name) {
      const epoch = (epochs.get(name) ?? 0) + 1;
      epochs.set(name, epoch);
      return {
        async append(added) {
          if (epochs.get(name) !== epoch) throw new EventLogError('writer_fenced', 'fenced');
          records.push(...added);
        },
        async close() {},
      };
    },
    ensureTopics: unused,
    subscribe: unused,
    identity: unused,
    maintain: unused,
    close: unused,
  };
  return { log, records };
};

const nothing = (): void => {};
export const silentLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
