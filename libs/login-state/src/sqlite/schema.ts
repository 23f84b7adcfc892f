/**
 * Times are epoch milliseconds. `outbox.position` is AUTOINCREMENT because a position that was given twice would let a repeated
 * `markSent` delete a fact that was never sent. `sessions.ends_at` is the earlier of idle and absolute expiry.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE attempts (
    handle TEXT PRIMARY KEY,
    attempt TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX attempts_by_end ON attempts (until);

  CREATE TABLE stashed_answers (
    key TEXT PRIMARY KEY,
    attempt_handle TEXT NOT NULL,
    value TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    until INTEGER NOT NULL
  );
  CREATE INDEX stashed_answers_by_attempt ON stashed_answers (attempt_handle, until);
  CREATE INDEX stashed_answers_by_end ON stashed_answers (until, bytes);

  CREATE TABLE claims (key TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX claims_by_end ON claims (until);

  CREATE TABLE once (key TEXT PRIMARY KEY, value TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX once_by_end ON once (until);

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    connector_id TEXT,
    started_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    idle_ms INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    ends_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash, kind);
  CREATE INDEX sessions_by_principal ON sessions (principal_id, kind, id);
  CREATE INDEX sessions_by_connector ON sessions (connector_id, kind, id) WHERE connector_id IS NOT NULL;
  CREATE INDEX sessions_by_end ON sessions (ends_at);

  CREATE TABLE deny_marks (subject TEXT PRIMARY KEY, version INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX deny_marks_by_end ON deny_marks (until);

  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    owner TEXT,
    fence INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    headers TEXT NOT NULL
  );

  CREATE TABLE probe (id INTEGER PRIMARY KEY, checked_at INTEGER NOT NULL);
  `,
];
