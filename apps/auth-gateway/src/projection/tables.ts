import type { Connector, ConnectorStateRecord, UserState, UserStateRecord } from '@gatehouse/contracts';
import type { LogIdentity, Positions } from '@gatehouse/event-log';
import type { Database } from '@gatehouse/sqlite';
import type { Ending, EndingReason, KnownConnector, KnownUser, StoredEnding } from './known.ts';

interface VersionedRow {
  readonly version: number;
  readonly json: string | null;
}

/** Connectors are found without regard to case. */
export const referenceKey = (reference: string): string => reference.toLowerCase();

const knownConnector = (id: string, version: number, connector: Connector | undefined): KnownConnector => {
  if (connector === undefined) return { id, version, connector: undefined, saml: undefined };
  const { issuerUrl, endpoint, nameIdFormat, certificates, requireSignature, expiredCertificate } = connector.saml;
  return {
    id,
    version,
    connector,
    saml: {
      connectorId: id,
      version,
      issuerUrl,
      endpoint,
      nameIdFormat,
      certificates,
      requireSignature,
      expiredCertificate,
    },
  };
};

const knownUser = (id: string, version: number, state: UserState | undefined): KnownUser => {
  if (state === undefined) return { id, version, user: undefined, links: new Map() };
  const { user, links } = state;
  const byConnector = new Map(links.map((link) => [link.connectorId, { subjectDigest: link.subjectDigest }]));
  return { id, version, user, links: byConnector };
};

const stateIn = <State>({ json }: VersionedRow): State | undefined =>
  json === null ? undefined : (JSON.parse(json) as State);

/** The rows of the projection: reads and writes without a transaction of their own. */
export const createTables = (database: Database) => {
  const sql = {
    connector: database.prepare('SELECT version, json FROM connectors WHERE id = ?'),
    // Two rows hold one reference only while the events of two connectors overtake each other: the later change counts.
    byReference: database.prepare('SELECT id FROM connectors WHERE reference_key = ? ORDER BY updated_at DESC LIMIT 1'),
    putConnector: database.prepare(
      'INSERT OR REPLACE INTO connectors (id, version, reference_key, enabled, updated_at, json) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    forgetConnector: database.prepare('DELETE FROM connectors WHERE id = ?'),
    connectorVersion: database.prepare('SELECT version FROM connectors WHERE id = ?'),
    user: database.prepare('SELECT version, json FROM users WHERE id = ?'),
    byUsername: database.prepare('SELECT id FROM users WHERE username = ? ORDER BY updated_at DESC LIMIT 1'),
    bySubject: database.prepare(
      'SELECT user_id AS id FROM links WHERE connector_id = ? AND subject_digest = ? LIMIT 2',
    ),
    putUser: database.prepare(
      'INSERT OR REPLACE INTO users (id, version, username, status, updated_at, json) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    forgetUser: database.prepare('DELETE FROM users WHERE id = ?'),
    userVersion: database.prepare('SELECT version FROM users WHERE id = ?'),
    dropLinks: database.prepare('DELETE FROM links WHERE user_id = ?'),
    putLink: database.prepare('INSERT INTO links (user_id, connector_id, subject_digest) VALUES (?, ?, ?)'),
    linked: database.prepare('SELECT count(*) AS count FROM links WHERE connector_id = ?'),
    positions: database.prepare('SELECT topic, part, next FROM positions'),
    putPosition: database.prepare('INSERT OR REPLACE INTO positions (topic, part, next) VALUES (?, ?, ?)'),
    identity: database.prepare('SELECT identity FROM log'),
    putIdentity: database.prepare('INSERT OR REPLACE INTO log (only, identity) VALUES (1, ?)'),
    freshness: database.prepare('SELECT applied_at, confirmed_at FROM freshness'),
    putBegunAt: database.prepare('INSERT OR IGNORE INTO freshness (only, applied_at) VALUES (1, ?)'),
    putConfirmedAt: database.prepare(
      'INSERT OR REPLACE INTO freshness (only, applied_at, confirmed_at) VALUES (1, ?, ?)',
    ),
    endings: database.prepare('SELECT number, user_id, connector_id, reason FROM endings ORDER BY number LIMIT ?'),
    putEnding: database.prepare('INSERT INTO endings (user_id, connector_id, reason) VALUES (?, ?, ?)'),
    dropEnding: database.prepare('DELETE FROM endings WHERE number = ?'),
  };

  return {
    connector(id: string): KnownConnector | undefined {
      const row = sql.connector.get<VersionedRow>(id);
      return row === undefined ? undefined : knownConnector(id, row.version, stateIn(row));
    },
    connectorIdByReference: (reference: string): string | undefined =>
      sql.byReference.get<{ readonly id: string }>(referenceKey(reference))?.id,
    /** @returns what is known now */
    putConnector(id: string, record: ConnectorStateRecord): KnownConnector {
      const { version } = record;
      if ('deleted' in record) {
        sql.putConnector.run(id, version, null, 0, null, null);
        return knownConnector(id, version, undefined);
      }
      const { connector } = record;
      const key = referenceKey(connector.reference);
      const enabled = connector.enabled ? 1 : 0;
      sql.putConnector.run(id, version, key, enabled, connector.updatedAt, JSON.stringify(connector));
      return knownConnector(id, version, connector);
    },
    forgetConnector: (id: string) => sql.forgetConnector.run(id),
    user(id: string): KnownUser | undefined {
      const row = sql.user.get<VersionedRow>(id);
      return row === undefined ? undefined : knownUser(id, row.version, stateIn(row));
    },
    userIdByUsername: (username: string): string | undefined =>
      sql.byUsername.get<{ readonly id: string }>(username)?.id,
    userIdsBySubject: (connectorId: string, digest: string): readonly string[] =>
      sql.bySubject.all<{ readonly id: string }>(connectorId, digest).map(({ id }) => id),
    /**
     * @param before what is known until now: of a user who is new there are no links to drop
     * @returns what is known now
     */
    putUser(id: string, record: UserStateRecord, before: KnownUser | undefined): KnownUser {
      const { version } = record;
      if (before !== undefined) sql.dropLinks.run(id);
      if ('deleted' in record) {
        sql.putUser.run(id, version, null, null, null, null);
        return knownUser(id, version, undefined);
      }
      const { user, links } = record;
      sql.putUser.run(id, version, user.username, user.status, user.updatedAt, JSON.stringify({ user, links }));
      for (const { connectorId, subjectDigest } of links) sql.putLink.run(id, connectorId, subjectDigest ?? null);
      return knownUser(id, version, { user, links });
    },
    forgetUser(id: string): void {
      sql.forgetUser.run(id);
      sql.dropLinks.run(id);
    },
    /** 0 for an aggregate that is not known. */
    version(id: string): number {
      const statement = id.startsWith('con_') ? sql.connectorVersion : sql.userVersion;
      return statement.get<{ readonly version: number }>(id)?.version ?? 0;
    },
    linkedUsers: (connectorId: string): number => sql.linked.get<{ readonly count: number }>(connectorId)?.count ?? 0,
    positions(): Positions {
      const found: Record<string, Record<number, number>> = {};
      type Row = { readonly topic: string; readonly part: number; readonly next: number };
      for (const { topic, part, next } of sql.positions.all<Row>()) {
        found[topic] = { ...found[topic], [part]: next };
      }
      return found;
    },
    putPosition: (topic: string, partition: number, next: number) => sql.putPosition.run(topic, partition, next),
    identity(): LogIdentity | undefined {
      const row = sql.identity.get<{ readonly identity: string }>();
      return row === undefined ? undefined : (JSON.parse(row.identity) as LogIdentity);
    },
    putIdentity: (identity: LogIdentity) => sql.putIdentity.run(JSON.stringify(identity)),
    /** Epoch milliseconds. */
    freshAt: (): number | undefined => sql.freshness.get<{ readonly applied_at: number }>()?.applied_at,
    /** Epoch milliseconds. */
    confirmedAt: (): number | undefined =>
      sql.freshness.get<{ readonly confirmed_at: number | null }>()?.confirmed_at ?? undefined,
    /** Of a view that is new: later batches do not count, because they may be old ones. */
    putBegunAt: (at: number) => sql.putBegunAt.run(at),
    putConfirmedAt: (at: number) => sql.putConfirmedAt.run(at, at),
    endings(limit: number): readonly StoredEnding[] {
      type Row = {
        readonly number: number;
        readonly user_id: string | null;
        readonly connector_id: string | null;
        readonly reason: EndingReason;
      };
      return sql.endings.all<Row>(limit).map((row) => ({
        number: row.number,
        userId: row.user_id ?? undefined,
        connectorId: row.connector_id ?? undefined,
        reason: row.reason,
      }));
    },
    putEnding: ({ userId, connectorId, reason }: Ending) =>
      sql.putEnding.run(userId ?? null, connectorId ?? null, reason),
    dropEnding: (number: number) => sql.dropEnding.run(number),
    /** Forgets what was projected. Endings stay: they tell of sessions, not of the log. */
    clear(): void {
      for (const table of ['connectors', 'users', 'links', 'positions', 'log', 'freshness']) {
        database.exec(`DELETE FROM ${table}`);
      }
    },
  };
};

export type Tables = ReturnType<typeof createTables>;
