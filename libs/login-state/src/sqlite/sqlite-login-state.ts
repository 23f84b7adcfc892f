import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@gatehouse/contracts';
import type { LogRecord } from '@gatehouse/event-log';
import { type Database, openDatabase, type Statement } from '@gatehouse/sqlite';
import {
  type CompleteLogin,
  type CompleteOutcome,
  type DenyMark,
  denySubjectsOf,
  type LoginAttempt,
  type LoginState,
  LoginStateError,
} from '../login-state.ts';
import { sqliteLeases } from './leases.ts';
import { sqliteOutbox } from './outbox.ts';
import { createReadCache } from './read-cache.ts';
import { migrations } from './schema.ts';
import { sessionTable } from './sessions.ts';
import { unavailable } from './sqlite-errors.ts';

export interface SqliteLoginStateOptions {
  /** A file, or `:memory:`. One process at a time uses it; several handles within that process see the same. */
  readonly path: string;
  readonly clock: Clock;
  /** How many facts may wait to be published; 100,000 unless told. */
  readonly factsLimit?: number;
  /** How many bytes of posted answers may wait for their browsers, over all attempts; 64 MiB unless told. */
  readonly stashLimit?: number;
}

interface AttemptRow {
  readonly attempt: string;
  readonly used: number;
  readonly refusals: number;
}

/** Refusals leave the last tenth of the waiting facts to logins. */
const refusalsShare = 0.9;

/** Sessions that one transaction ends, so that ending all of a large connector does not hold up a login. */
const endsPerTransaction = 200;

const expiringTables = [
  ['attempts', 'handle'],
  ['stashed_answers', 'key'],
  ['claims', 'key'],
  ['once', 'key'],
  ['deny_marks', 'subject'],
] as const;

const sweepStatements = [
  ...expiringTables.map(([table, key]) => ({ table, key, until: 'until' })),
  { table: 'sessions', key: 'id', until: 'ends_at' },
].map(
  ({ table, key, until }) =>
    `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${until} <= ? LIMIT ?)`,
);

const open = ({ path }: SqliteLoginStateOptions): Database =>
  unavailable(() => openDatabase(path, { synchronous: 'normal', migrations }));

/**
 * Login state in one SQLite file. Every method is one short transaction.
 *
 * Durability: a killed process loses nothing. A power cut may undo the last logins (WAL with `synchronous = NORMAL`), but each of
 * them whole: the attempt's end, the claim, the session and its facts go or stay together, and everything after it goes too.
 * What takes something away (a single-use value taken, a claim made by itself, a session ended, a deny mark) is on disk
 * before the answer, so that no power cut gives it back.
 * @throws LoginStateError `state_unavailable` when the file cannot be opened
 */
export const sqliteLoginState = (options: SqliteLoginStateOptions): LoginState => {
  const { clock, factsLimit = 100_000, stashLimit = 64 * 1024 * 1024 } = options;
  const database = open(options);
  const sessions = sessionTable(database);
  const cache = createReadCache(database);
  const outbox = sqliteOutbox('auth-gateway.logins', database);

  const insertAttempt = database.prepare('INSERT INTO attempts (handle, attempt, until) VALUES (?, ?, ?)');
  const selectAttempt = database.prepare('SELECT attempt, used, refusals FROM attempts WHERE handle = ? AND until > ?');
  const useAttempt = database.prepare('UPDATE attempts SET used = 1 WHERE handle = ?');
  const countRefusal = database.prepare('UPDATE attempts SET refusals = refusals + 1 WHERE handle = ?');
  const countStash = database.prepare(
    'SELECT count(*) AS entries FROM stashed_answers WHERE attempt_handle = ? AND until > ?',
  );
  const stashedBytes = database.prepare('SELECT total(bytes) AS bytes FROM stashed_answers WHERE until > ?');
  const insertStash = database.prepare(
    'INSERT INTO stashed_answers (key, attempt_handle, value, bytes, until) VALUES (?, ?, ?, ?, ?)',
  );
  const selectStash = database.prepare('SELECT attempt_handle, value FROM stashed_answers WHERE key = ? AND until > ?');
  const selectClaim = database.prepare('SELECT 1 FROM claims WHERE key = ? AND until > ?');
  const upsertClaim = database.prepare(`
    INSERT INTO claims (key, until) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET until = ?2 WHERE until <= ?3`);
  const upsertOnce = database.prepare('INSERT OR REPLACE INTO once (key, value, until) VALUES (?, ?, ?)');
  const takeOnce = database.prepare('DELETE FROM once WHERE key = ? AND until > ? RETURNING value');
  const upsertMark = database.prepare(`
    INSERT INTO deny_marks (subject, version, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (subject) DO UPDATE SET
      version = iif(until > ?4, max(version, ?2), ?2),
      until = iif(until > ?4, max(until, ?3), ?3)`);
  // One statement per number of subjects: every call into SQLite costs.
  const selectMarks = (subjects: number): Statement =>
    database.prepare(
      `SELECT subject, version FROM deny_marks WHERE subject IN (${Array(subjects).fill('?').join()}) AND until > ?`,
    );
  const probe = database.prepare('INSERT OR REPLACE INTO probe (id, checked_at) VALUES (1, ?)');
  const sweeps = sweepStatements.map((sql) => database.prepare(sql));
  const leases = sqliteLeases(database, clock);

  const readMarks = (subjects: readonly string[], now: number): readonly DenyMark[] => {
    const kept = cache.marks(subjects, now);
    if (kept !== undefined) return kept;
    const found = selectMarks(subjects.length).all<DenyMark>(...subjects, now);
    return found.sort((a, b) => subjects.indexOf(a.subject) - subjects.indexOf(b.subject));
  };

  const removeSession = (id: string): void => {
    sessions.remove(id);
    cache.forgetSession(id);
  };

  const readAttempt = (handle: string): AttemptRow | undefined => selectAttempt.get<AttemptRow>(handle, clock.now());

  /** Commits `work`, then tells the relay when facts were appended. */
  const commit = <T>(work: (append: (records: readonly LogRecord[]) => void) => T, durability?: 'lasting'): T => {
    let appended = 0;
    const result = unavailable(() =>
      database.transaction(() => {
        appended = 0;
        return work((records) => {
          outbox.append(records);
          appended += records.length;
        });
      }, durability),
    );
    if (appended > 0) outbox.announce();
    return result;
  };

  const complete = (step: CompleteLogin, append: (records: readonly LogRecord[]) => void): CompleteOutcome => {
    const now = clock.now();
    const attempt = readAttempt(step.attemptHandle);
    if (attempt === undefined) return 'attempt_unknown';
    if (attempt.used === 1) return 'attempt_used';
    // The write lock is held since BEGIN: what is read here still holds when the rows below are written.
    if (step.claim !== undefined && selectClaim.get(step.claim.key, now) !== undefined) return 'replayed';
    const replaced = step.replaces && sessions.byId(step.replaces.sessionId, now);
    const facts = [...(replaced === undefined ? [] : (step.replaces?.facts ?? [])), ...step.facts(attempt.refusals)];
    if (outbox.span() + facts.length > factsLimit) return 'facts_full';

    useAttempt.run(step.attemptHandle);
    if (step.claim !== undefined) upsertClaim.run(step.claim.key, step.claim.until, now);
    if (replaced !== undefined) removeSession(replaced.id);
    sessions.insert(step.session);
    if (step.put !== undefined) upsertOnce.run(step.put.key, step.put.value, step.put.until);
    append(facts);
    return 'completed';
  };

  return {
    leases,
    outbox,

    async putAttempt(attempt) {
      unavailable(() => insertAttempt.run(attempt.handle, JSON.stringify(attempt), attempt.expiresAt));
    },
    async readAttempt(handle) {
      const row = unavailable(() => readAttempt(handle));
      if (row === undefined) return undefined;
      return { attempt: JSON.parse(row.attempt) as LoginAttempt, used: row.used === 1, refusals: row.refusals };
    },
    async recordRefusal(handle, most, facts) {
      return commit((append) => {
        const attempt = readAttempt(handle);
        if (attempt === undefined || attempt.used === 1 || attempt.refusals >= most) return 'dropped';
        const records = facts(attempt.refusals);
        if (outbox.span() + records.length > factsLimit * refusalsShare) return 'dropped';
        countRefusal.run(handle);
        append(records);
        return 'recorded';
      });
    },
    async stashAnswer({ key, attemptHandle, value, until }, most) {
      return commit(() => {
        if (readAttempt(attemptHandle) === undefined) return 'attempt_unknown';
        const { entries = 0 } = countStash.get<{ readonly entries: number }>(attemptHandle, clock.now()) ?? {};
        if (entries >= most) return 'full';
        const size = Buffer.byteLength(value);
        const { bytes = 0 } = stashedBytes.get<{ readonly bytes: number }>(clock.now()) ?? {};
        if (bytes + size > stashLimit) return 'full';
        insertStash.run(key, attemptHandle, value, size, until);
        return 'kept';
      });
    },
    async readStash(key) {
      const row = unavailable(() =>
        selectStash.get<{ readonly attempt_handle: string; readonly value: string }>(key, clock.now()),
      );
      return row && { attemptHandle: row.attempt_handle, value: row.value };
    },
    async completeLogin(step) {
      return commit((append) => complete(step, append));
    },

    async startSession(session, facts) {
      commit((append) => {
        if (facts.length > 0 && outbox.span() + facts.length > factsLimit) {
          throw new LoginStateError('facts_full', 'too many facts wait to be published');
        }
        sessions.insert(session);
        append(facts);
      });
    },
    async readSession(kind, tokenHash) {
      return unavailable(() => {
        const now = clock.now();
        return cache.session(kind, tokenHash, now, () => sessions.byToken(kind, tokenHash, now));
      });
    },
    async readSessionAndMarks(kind, tokenHash) {
      return unavailable(() => {
        const now = clock.now();
        const session = cache.session(kind, tokenHash, now, () => sessions.byToken(kind, tokenHash, now));
        if (session === undefined) return undefined;
        return { session, marks: readMarks(denySubjectsOf(session.principalId, session.connectorId ?? ''), now) };
      });
    },
    async readSessionById(id) {
      return unavailable(() => sessions.byId(id, clock.now()));
    },
    async touchSession(id, seenAt) {
      unavailable(() => sessions.touch(id, seenAt, clock.now()));
      cache.forgetSession(id);
    },
    async listSessions(query) {
      return unavailable(() => sessions.page(query, clock.now()));
    },
    async endSession(id, facts) {
      return commit((append) => {
        const session = sessions.byId(id, clock.now());
        if (session === undefined) return false;
        removeSession(id);
        append(facts(session));
        return true;
      }, 'lasting');
    },
    async endSessions(match, facts) {
      if (match.principalId === undefined && match.connectorId === undefined) {
        throw new TypeError('endSessions needs a principal or a connector');
      }
      const endSome = (): number =>
        commit((append) => {
          const ending = sessions.some(match, endsPerTransaction, clock.now());
          for (const session of ending) {
            removeSession(session.id);
            append(facts(session));
          }
          return ending.length;
        }, 'lasting');
      let total = 0;
      for (;;) {
        const ended = endSome();
        total += ended;
        if (ended < endsPerTransaction) return total;
        await nextTurn();
      }
    },

    async putOnce(key, value, until) {
      unavailable(() => upsertOnce.run(key, value, until));
    },
    async takeOnce(key) {
      return commit(() => takeOnce.get<{ readonly value: string }>(key, clock.now())?.value, 'lasting');
    },
    async claim(key, until) {
      return commit(() => upsertClaim.run(key, until, clock.now()).changes === 1, 'lasting');
    },

    async putDenyMarks(marks, until) {
      commit(() => {
        for (const { subject, version } of marks) upsertMark.run(subject, version, until, clock.now());
      }, 'lasting');
      cache.forgetMarks();
    },
    async readDenyMarks(subjects) {
      return unavailable(() => readMarks(subjects, clock.now()));
    },

    async sweep(limit) {
      let deleted = 0;
      for (const statement of sweeps) {
        deleted += unavailable(() => statement.run(clock.now(), limit).changes);
        await nextTurn();
      }
      return deleted;
    },
    async check() {
      unavailable(() => probe.run(clock.now()));
    },
    async close() {
      if (!database.isOpen) return;
      cache.release();
      database.close();
    },
  };
};
