import type { Database, SqlValue } from '@gatehouse/sqlite';
import type { SessionKind, SessionQuery, SessionRecord } from '../login-state.ts';
import { cursorAfter, idBefore } from '../session-cursor.ts';

interface SessionRow {
  readonly id: string;
  readonly kind: SessionKind;
  readonly token_hash: string;
  readonly principal_id: string;
  readonly connector_id: string | null;
  readonly started_at: number;
  readonly last_seen_at: number;
  readonly idle_ms: number;
  readonly expires_at: number;
  readonly data: string;
  readonly ends_at: number;
}

type SessionMatch = Omit<SessionQuery, 'limit' | 'cursor'>;

/** The table of sessions; nothing here opens a transaction. `now` is the caller's: what has ended by then is not there. */
export interface SessionTable {
  insert(session: SessionRecord): void;
  byToken(kind: SessionKind, tokenHash: string, now: number): SessionRecord | undefined;
  byId(id: string, now: number): SessionRecord | undefined;
  touch(id: string, seenAt: number, now: number): void;
  page(query: SessionQuery, now: number): { readonly items: readonly SessionRecord[]; readonly nextCursor?: string };
  /** Any that match, at most `limit`. */
  some(match: SessionMatch, limit: number, now: number): readonly SessionRecord[];
  remove(id: string): void;
}

const toSession = (row: SessionRow): SessionRecord => ({
  kind: row.kind,
  id: row.id,
  tokenHash: row.token_hash,
  principalId: row.principal_id,
  connectorId: row.connector_id ?? undefined,
  startedAt: row.started_at,
  lastSeenAt: row.last_seen_at,
  idleMs: row.idle_ms,
  expiresAt: row.expires_at,
  data: JSON.parse(row.data) as SessionRecord['data'],
});

const conditions = (
  { kind, principalId, connectorId }: SessionMatch,
  now: number,
): { texts: string[]; values: SqlValue[] } => {
  const texts = ['kind = ?', 'ends_at > ?'];
  const values: SqlValue[] = [kind, now];
  if (principalId !== undefined) {
    texts.push('principal_id = ?');
    values.push(principalId);
  }
  if (connectorId !== undefined) {
    // With both, `+` keeps SQLite from the connector's index: a user has few sessions, a connector may have all of them
    // (https://www.sqlite.org/optoverview.html, unary "+").
    texts.push(principalId === undefined ? 'connector_id = ?' : '+connector_id = ?');
    values.push(connectorId);
  }
  return { texts, values };
};

export const sessionTable = (database: Database): SessionTable => {
  const insert = database.prepare(`
    INSERT INTO sessions
      (id, kind, token_hash, principal_id, connector_id, started_at, last_seen_at, idle_ms, expires_at, data, ends_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const byToken = database.prepare('SELECT * FROM sessions WHERE token_hash = ? AND kind = ? AND ends_at > ?');
  const byId = database.prepare('SELECT * FROM sessions WHERE id = ? AND ends_at > ?');
  const touch = database.prepare(`
    UPDATE sessions SET last_seen_at = ?2, ends_at = min(expires_at, ?2 + idle_ms)
    WHERE id = ?1 AND last_seen_at < ?2 AND ends_at > ?3`);
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?');

  // Ids begin with the time of their making: their order is the order of starts.
  const select = (match: SessionMatch, limit: number, now: number, before?: string): readonly SessionRow[] => {
    const { texts, values } = conditions(match, now);
    if (before !== undefined) {
      texts.push('id < ?');
      values.push(before);
    }
    const sql = `SELECT * FROM sessions WHERE ${texts.join(' AND ')} ORDER BY id DESC LIMIT ?`;
    return database.prepare(sql).all<SessionRow>(...values, limit);
  };

  return {
    insert(session) {
      insert.run(
        session.id,
        session.kind,
        session.tokenHash,
        session.principalId,
        session.connectorId ?? null,
        session.startedAt,
        session.lastSeenAt,
        session.idleMs,
        session.expiresAt,
        JSON.stringify(session.data),
        Math.min(session.expiresAt, session.lastSeenAt + session.idleMs),
      );
    },
    byToken(kind, tokenHash, now) {
      const row = byToken.get<SessionRow>(tokenHash, kind, now);
      return row && toSession(row);
    },
    byId(id, now) {
      const row = byId.get<SessionRow>(id, now);
      return row && toSession(row);
    },
    touch(id, seenAt, now) {
      touch.run(id, seenAt, now);
    },
    page(query, now) {
      const rows = select(query, query.limit + 1, now, idBefore(query));
      const items = rows.slice(0, query.limit).map(toSession);
      const last = items.at(-1);
      if (rows.length <= query.limit || last === undefined) return { items };
      return { items, nextCursor: cursorAfter(query, last.id) };
    },
    some: (match, limit, now) => select(match, limit, now).map(toSession),
    remove(id) {
      remove.run(id);
    },
  };
};
