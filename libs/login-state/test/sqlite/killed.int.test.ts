import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '@gatehouse/contracts';
import { openDatabase } from '@gatehouse/sqlite';
import { describe, expect, it } from 'vitest';
import { sqliteLoginState } from '../../src/sqlite/index.ts';
import { migrations } from '../../src/sqlite/schema.ts';

const worker = join(import.meta.dirname, 'login-worker.ts');

/** Runs the worker until it has acknowledged `logins`, kills it in the middle of the next, and gives back its lines. */
const killAfter = async (path: string, logins: number): Promise<readonly string[]> => {
  const child = spawn(process.execPath, [worker, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === logins) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return lines;
};

interface Login {
  readonly handle: string;
  readonly attempt: string;
  readonly used: number;
}

const openRows = (path: string) => openDatabase(path, { synchronous: 'normal', migrations });

describe('a process that is killed while it logs people in', () => {
  it.each([1, 37, 150])('after %i logins, has lost none of them and left none by half', async (logins) => {
    const folder = await mkdtemp(join(tmpdir(), 'login-state-'));
    const path = join(folder, 'login-state.db');
    try {
      const acknowledged = (await killAfter(path, logins)).map((line) => line.split(' '));
      expect(acknowledged.length).toBeGreaterThanOrEqual(logins);

      const state = sqliteLoginState({ path, clock: systemClock });
      const facts = (await state.outbox.pending(1_000_000)).map(({ record }) => record.key);
      for (const [handle = '', attemptId = '', sessionId = '', previous = ''] of acknowledged) {
        expect(await state.readAttempt(handle)).toMatchObject({ used: true });
        expect(await state.claim(`claim of ${handle}`, systemClock.now() + 60_000)).toBe(false);
        expect(facts).toContain(attemptId);
        expect(facts).toContain(sessionId);
        if (previous !== '') expect(await state.readSessionById(previous)).toBeUndefined();
      }

      const rows = openRows(path);
      const attempts = rows.prepare('SELECT handle, attempt, used FROM attempts').all<Login>();
      rows.close();
      expect(attempts.length).toBeGreaterThanOrEqual(acknowledged.length);
      for (const { handle, attempt, used } of attempts) {
        const { id } = JSON.parse(attempt) as { readonly id: string };
        expect(facts.includes(id)).toBe(used === 1);
        expect(await state.claim(`claim of ${handle}`, systemClock.now() + 60_000)).toBe(used === 0);
      }
      // Each login replaces the one before: what is left is the session of the last one.
      const { items } = await state.listSessions({ kind: 'user', limit: 10 });
      const lastUsed = attempts.filter(({ used }) => used === 1);
      expect(items).toHaveLength(1);
      expect(lastUsed.map(({ handle }) => handle)).toContain(items[0]?.tokenHash);
      expect(facts).toHaveLength(3 * lastUsed.length - 1);
      await state.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
