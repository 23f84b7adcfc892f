import { resolve } from 'node:path';
import type { Database } from '@gatehouse/sqlite';
import type { DenyMark, SessionKind, SessionRecord } from '../login-state.ts';

/**
 * What every session check reads, kept in memory: sessions by their token's hash, and all deny marks. Asking SQLite costs
 * several system calls each time, only to learn that nobody else has written. One process writes to the file, so it is
 * enough that all handles of this process share one cache, and that whoever writes a row makes it forget the row.
 */
export interface ReadCache {
  /** `read` is asked when the session is not known; what it does not find is not remembered. */
  session(
    kind: SessionKind,
    tokenHash: string,
    now: number,
    read: () => SessionRecord | undefined,
  ): SessionRecord | undefined;
  forgetSession(id: string): void;
  /** Undefined when there are too many marks to keep: then they are read one by one. */
  marks(subjects: readonly string[], now: number): readonly DenyMark[] | undefined;
  forgetMarks(): void;
  /** When the handle that it was opened for is closed. */
  release(): void;
}

interface MarkRow extends DenyMark {
  readonly until: number;
}

const mostSessions = 10_000;
const mostMarks = 1_000;

const nameOf = (kind: SessionKind, tokenHash: string): string => `${kind} ${tokenHash}`;

const isOver = ({ expiresAt, lastSeenAt, idleMs }: SessionRecord, now: number): boolean =>
  Math.min(expiresAt, lastSeenAt + idleMs) <= now;

interface Kept {
  readonly byName: Map<string, SessionRecord>;
  readonly nameById: Map<string, string>;
  marks: ReadonlyMap<string, MarkRow> | 'too-many' | undefined;
  handles: number;
}

const nothingKept = (): Kept => ({ byName: new Map(), nameById: new Map(), marks: undefined, handles: 0 });

/** By file, for the handles of this process. */
const keptByFile = new Map<string, Kept>();

const openKept = (file: string): Kept => {
  if (file === ':memory:') return nothingKept();
  const path = resolve(file);
  const kept = keptByFile.get(path) ?? nothingKept();
  keptByFile.set(path, kept);
  return kept;
};

export const createReadCache = (database: Database): ReadCache => {
  const selectMarks = database.prepare('SELECT subject, version, until FROM deny_marks LIMIT ?');
  const kept = openKept(database.path);
  const { byName, nameById } = kept;
  kept.handles++;

  const forgetSession = (id: string): void => {
    const name = nameById.get(id);
    if (name === undefined) return;
    nameById.delete(id);
    byName.delete(name);
  };

  const keep = (session: SessionRecord): void => {
    if (nameById.size >= mostSessions) {
      const [oldest] = nameById.keys();
      if (oldest !== undefined) forgetSession(oldest);
    }
    const name = nameOf(session.kind, session.tokenHash);
    byName.set(name, session);
    nameById.set(session.id, name);
  };

  const readMarks = (): ReadonlyMap<string, MarkRow> | 'too-many' => {
    const rows = selectMarks.all<MarkRow>(mostMarks + 1);
    return rows.length > mostMarks ? 'too-many' : new Map(rows.map((row) => [row.subject, row]));
  };

  return {
    session(kind, tokenHash, now, read) {
      const known = byName.get(nameOf(kind, tokenHash));
      if (known !== undefined) return isOver(known, now) ? undefined : known;
      const found = read();
      if (found !== undefined) keep(found);
      return found;
    },
    forgetSession,
    marks(subjects, now) {
      kept.marks ??= readMarks();
      const { marks } = kept;
      if (marks === 'too-many') return undefined;
      if (marks.size === 0) return [];
      const found: DenyMark[] = [];
      for (const subject of subjects) {
        const mark = marks.get(subject);
        if (mark !== undefined && mark.until > now) found.push({ subject, version: mark.version });
      }
      return found;
    },
    forgetMarks() {
      kept.marks = undefined;
    },
    release() {
      kept.handles--;
      if (kept.handles === 0) keptByFile.delete(resolve(database.path));
    },
  };
};
