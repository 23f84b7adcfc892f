/**
 * A deleted aggregate stays as a row without its state until its tombstone comes, so that waiting for the version of a
 * deletion ends. `endings` are sessions that a change has put an end to and that are not ended yet.
 */
const first = `
  CREATE TABLE connectors (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, reference_key TEXT, enabled INTEGER NOT NULL, updated_at TEXT, json TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX connectors_by_reference ON connectors (reference_key, updated_at);
  CREATE TABLE users (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, username TEXT, status TEXT, updated_at TEXT, json TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX users_by_username ON users (username, updated_at);
  CREATE TABLE links (
    user_id TEXT NOT NULL, connector_id TEXT NOT NULL, subject_digest TEXT, PRIMARY KEY (user_id, connector_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX links_by_subject ON links (connector_id, subject_digest);
  CREATE TABLE positions (
    topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, part)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log (only INTEGER PRIMARY KEY CHECK (only = 1), identity TEXT NOT NULL) STRICT;
  CREATE TABLE freshness (only INTEGER PRIMARY KEY CHECK (only = 1), applied_at INTEGER NOT NULL) STRICT;
  CREATE TABLE endings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, connector_id TEXT, reason TEXT NOT NULL
  ) STRICT;
`;

/** `applied_at` is when the view was confirmed or, before that, begun; a view that was never confirmed has no `confirmed_at`. */
const confirmed = 'ALTER TABLE freshness ADD COLUMN confirmed_at INTEGER;';

export const migrations: readonly string[] = [first, confirmed];
