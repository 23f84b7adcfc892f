import { outboxMigration } from '@gatehouse/event-log/sqlite';

/**
 * All kinds and views share the tables, told apart by their first column. What lists read (`listings`, `listing_filters`,
 * `view_tags`) is kept in the order of the lists, so that a page costs its own rows and no others.
 */
export const migrations: readonly string[] = [
  outboxMigration,
  `
  CREATE TABLE aggregates (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    sort TEXT NOT NULL,
    UNIQUE (kind, id)
  );
  CREATE TABLE unique_keys (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, name, key)
  ) WITHOUT ROWID;
  CREATE INDEX unique_keys_by_holder ON unique_keys (kind, id);
  CREATE TABLE listings (
    kind TEXT NOT NULL,
    sort TEXT NOT NULL,
    id TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, sort, id)
  ) WITHOUT ROWID;
  CREATE TABLE listing_filters (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    sort TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, name, value, sort, id)
  ) WITHOUT ROWID;
  CREATE INDEX listing_filters_by_holder ON listing_filters (kind, id);

  CREATE TABLE view_rows (
    view TEXT NOT NULL,
    key TEXT NOT NULL,
    sort TEXT NOT NULL,
    revision INTEGER,
    row TEXT,
    UNIQUE (view, key)
  );
  CREATE INDEX view_rows_in_order ON view_rows (view, sort, key) WHERE row IS NOT NULL;
  CREATE INDEX view_rows_by_age ON view_rows (view, sort);
  CREATE TABLE view_tags (
    view TEXT NOT NULL,
    tag TEXT NOT NULL,
    value TEXT NOT NULL,
    sort TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (view, tag, value, sort, key)
  ) WITHOUT ROWID;
  CREATE INDEX view_tags_by_row ON view_tags (view, key);
  CREATE TABLE view_positions (
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
  ) WITHOUT ROWID;
  CREATE TABLE heartbeat (beat INTEGER PRIMARY KEY CHECK (beat = 1), checked_at INTEGER NOT NULL);
  `,
  `
  ALTER TABLE view_rows ADD COLUMN source TEXT;
  CREATE INDEX view_rows_by_source ON view_rows (source, view) WHERE source IS NOT NULL;
  `,
];
