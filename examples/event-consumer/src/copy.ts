import { DatabaseSync } from 'node:sqlite';

export interface StateRecord {
  /** As the schema names it, without a prefix. */
  readonly topic: string;
  /** The id of the connector or user. */
  readonly key: string;
  /** undefined is a tombstone. */
  readonly state: { readonly version: number; readonly deleted?: boolean } | undefined;
}

export interface FactRecord {
  readonly topic: string;
  readonly key: string;
  readonly sequence: number;
}

export interface Gap {
  readonly topic: string;
  readonly key: string;
  readonly expected: number;
  readonly found: number;
}

/** What one batch writes; everything, the position included, is one transaction. */
export interface Writing {
  /** @returns whether the record was newer than what is known */
  putState(record: StateRecord): boolean;
  /** @returns whether the fact is new, and the gap before it */
  putFact(record: FactRecord): { readonly isNew: boolean; readonly gap: Gap | undefined };
  prepareWelcome(eventId: string, data: unknown): void;
  setAside(topic: string, partition: number, offset: string, reason: string): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS states (
    topic TEXT, key TEXT, version INTEGER, deleted INTEGER, state TEXT, PRIMARY KEY (topic, key)
  );
  CREATE TABLE IF NOT EXISTS sequences (topic TEXT, key TEXT, last INTEGER, PRIMARY KEY (topic, key));
  CREATE TABLE IF NOT EXISTS gaps (topic TEXT, key TEXT, expected INTEGER, found INTEGER);
  CREATE TABLE IF NOT EXISTS welcomes (event_id TEXT PRIMARY KEY, data TEXT);
  CREATE TABLE IF NOT EXISTS set_aside (
    topic TEXT, part INTEGER, at TEXT, reason TEXT, PRIMARY KEY (topic, part, at)
  );
  CREATE TABLE IF NOT EXISTS positions (topic TEXT, part INTEGER, next TEXT, PRIMARY KEY (topic, part));
  CREATE TABLE IF NOT EXISTS log (only INTEGER PRIMARY KEY CHECK (only = 1), cluster TEXT, saved_at INTEGER);
`;

/** A copy of what Gatehouse publishes, with the positions up to which it was read. */
export const openCopy = (path: string) => {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; ${schema}`);

  const selectVersion = database.prepare('SELECT version FROM states WHERE topic = ? AND key = ?');
  const upsertState = database.prepare('INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?)');
  const dropState = database.prepare('DELETE FROM states WHERE topic = ? AND key = ?');
  const selectLast = database.prepare('SELECT last FROM sequences WHERE topic = ? AND key = ?');
  const upsertLast = database.prepare('INSERT OR REPLACE INTO sequences VALUES (?, ?, ?)');
  const insertGap = database.prepare('INSERT INTO gaps VALUES (?, ?, ?, ?)');
  const insertWelcome = database.prepare('INSERT OR IGNORE INTO welcomes VALUES (?, ?)');
  const insertAside = database.prepare('INSERT OR IGNORE INTO set_aside VALUES (?, ?, ?, ?)');
  const selectPosition = database.prepare('SELECT next FROM positions WHERE topic = ? AND part = ?');
  const upsertPosition = database.prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)');
  const upsertLog = database.prepare('INSERT OR REPLACE INTO log VALUES (1, ?, ?)');
  const selectLog = database.prepare('SELECT cluster, saved_at FROM log');

  const inTransaction = (work: () => void): void => {
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };

  const writing: Writing = {
    putState({ topic, key, state }) {
      if (state === undefined) return dropState.run(topic, key).changes > 0;
      const known = selectVersion.get(topic, key)?.version;
      // The greater version wins: repeats and replays bring what is known already.
      if (typeof known === 'number' && state.version <= known) return false;
      upsertState.run(topic, key, state.version, state.deleted === true ? 1 : 0, JSON.stringify(state));
      return true;
    },
    putFact({ topic, key, sequence }) {
      const last = selectLast.get(topic, key)?.last;
      if (typeof last === 'number' && sequence <= last) return { isNew: false, gap: undefined };
      upsertLast.run(topic, key, sequence);
      if (typeof last !== 'number' || sequence === last + 1) return { isNew: true, gap: undefined };
      insertGap.run(topic, key, last + 1, sequence);
      return { isNew: true, gap: { topic, key, expected: last + 1, found: sequence } };
    },
    prepareWelcome: (eventId, data) => void insertWelcome.run(eventId, JSON.stringify(data)),
    setAside: (topic, partition, offset, reason) => void insertAside.run(topic, partition, offset, reason),
  };

  return {
    /** Writes a batch and the position behind it, or nothing of both. */
    save(place: { topic: string; partition: number; next: string }, write: (writing: Writing) => void): void {
      inTransaction(() => {
        write(writing);
        upsertPosition.run(place.topic, place.partition, place.next);
      });
    },
    position(topic: string, partition: number): string | undefined {
      const next = selectPosition.get(topic, partition)?.next;
      return typeof next === 'string' ? next : undefined;
    },
    /** The cluster that positions belong to, and when everything on it was last read. */
    log(): { readonly cluster: string; readonly savedAt: number } | undefined {
      const row = selectLog.get();
      return row === undefined ? undefined : { cluster: String(row.cluster), savedAt: Number(row.saved_at) };
    },
    putLog: (cluster: string, savedAt: number) => void upsertLog.run(cluster, savedAt),
    putGap: (gap: Gap) => void insertGap.run(gap.topic, gap.key, gap.expected, gap.found),
    /** Forgets positions of the topics, and with `states` what was built from them: both are read anew. */
    forget(topics: readonly string[], what: 'positions' | 'states'): void {
      inTransaction(() => {
        for (const topic of topics) {
          database.prepare('DELETE FROM positions WHERE topic = ?').run(topic);
          if (what === 'states') database.prepare('DELETE FROM states WHERE topic = ?').run(topic);
        }
      });
    },
    show() {
      const all = (sql: string) => database.prepare(sql).all();
      const states = (topic: string) =>
        all(`SELECT state FROM states WHERE topic = '${topic}' AND deleted = 0 ORDER BY key`).map(({ state }) =>
          JSON.parse(String(state)),
        );
      return {
        connectors: states('gatehouse.connector.state'),
        users: states('gatehouse.user.state'),
        deleted: all('SELECT key FROM states WHERE deleted = 1 ORDER BY key').map(({ key }) => key),
        welcomes: all('SELECT data FROM welcomes ORDER BY event_id').map(({ data }) => JSON.parse(String(data))),
        gaps: all('SELECT topic, key, expected, found FROM gaps'),
        setAside: all('SELECT topic, reason FROM set_aside ORDER BY topic, part, at'),
      };
    },
    close: () => database.close(),
  };
};
export type Copy = ReturnType<typeof openCopy>;
