/**
 * The embedded event log: one SQLite file, one process. Beside the log it keeps the dead letters of its consumers, and it
 * offers the table of waiting records (`sqliteOutbox`) to every store that saves state in a SQLite file of its own.
 */
export {
  mostRecordBytes,
  type SqliteEventLog,
  type SqliteEventLogOptions,
  sqliteEventLog,
} from './sqlite-event-log.ts';
export { outboxMigration, type SqliteOutbox, sqliteOutbox } from './sqlite-outbox.ts';
