/**
 * `offset` counts over all topics, so the offsets of one topic skip. AUTOINCREMENT never gives an offset twice, not even
 * after the newest records were deleted.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE log (log_id TEXT NOT NULL);
  CREATE TABLE topics (
    topic INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    topic_id TEXT NOT NULL,
    compacted INTEGER NOT NULL,
    retention_ms INTEGER NOT NULL,
    complete_from INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE records (
    offset INTEGER PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL REFERENCES topics (topic),
    compacted INTEGER NOT NULL,
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    value TEXT,
    appended_at INTEGER NOT NULL
  );
  CREATE INDEX records_by_topic ON records (topic, offset);
  CREATE INDEX records_by_key ON records (topic, key, offset) WHERE compacted = 1;
  CREATE TABLE writers (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE dead_letters (
    letter INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer TEXT NOT NULL,
    key TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    headers TEXT NOT NULL,
    value TEXT,
    reason TEXT NOT NULL,
    parked_at INTEGER NOT NULL,
    UNIQUE (consumer, topic, partition, offset)
  );
  CREATE INDEX dead_letters_by_key ON dead_letters (consumer, key, letter);
  `,
];
