import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@gatehouse/sqlite';
import { describe, expect, it } from 'vitest';
import { loginStateConformance, type MakeLoginState } from '../../src/conformance/index.ts';
import { sqliteLoginState } from '../../src/sqlite/index.ts';
import { migrations } from '../../src/sqlite/schema.ts';

const makeSqlite: MakeLoginState = async ({ factsLimit }) => {
  const folder = await mkdtemp(join(tmpdir(), 'login-state-'));
  const path = join(folder, 'login-state.db');
  let now = Date.UTC(2026, 10, 23, 9);
  const clock = { now: () => now };
  return {
    clock,
    open: async () => sqliteLoginState({ path, clock, ...(factsLimit === undefined ? {} : { factsLimit }) }),
    async advance(ms) {
      now += ms;
    },
    async interrupt() {
      const intruder = openDatabase(path, { synchronous: 'normal', migrations });
      intruder.exec('BEGIN IMMEDIATE');
      return async () => {
        intruder.exec('ROLLBACK');
        intruder.close();
      };
    },
    close: () => rm(folder, { recursive: true }),
  };
};

describe('conformance: login state × SQLite', () => {
  loginStateConformance('SQLite', makeSqlite);
});

describe('posted answers that wait', () => {
  it('take only so much room over all attempts, and free it when their time is over', async () => {
    let now = 1_000;
    const state = sqliteLoginState({ path: ':memory:', clock: { now: () => now }, stashLimit: 100 });
    for (const handle of ['a', 'b']) {
      await state.putAttempt({
        id: `att_${handle}`,
        handle,
        connectorId: 'con_1',
        connectorVersion: 1,
        browserHash: 'h',
        returnTo: '/',
        requestId: `_${handle}`,
        startedAt: now,
        expiresAt: now + 1_000_000,
      });
    }
    const post = (key: string, attemptHandle: string, bytes: number) =>
      state.stashAnswer({ key, attemptHandle, value: 'x'.repeat(bytes), until: now + 60_000 }, 8);
    expect(await post('1', 'a', 60)).toBe('kept');
    expect(await post('2', 'b', 41)).toBe('full');
    expect(await post('3', 'b', 40)).toBe('kept');
    now += 60_001;
    expect(await post('4', 'b', 100)).toBe('kept');
    await state.close();
  });
});

describe('the file of the login state', () => {
  const withFolder = async (test: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'login-state-'));
    await test(folder).finally(() => rm(folder, { recursive: true }));
  };
  const clock = { now: () => 1_000 };
  const refused = expect.objectContaining({ name: 'LoginStateError', code: 'state_unavailable' });

  it('is refused when it is no database', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'garbage.db');
      await writeFile(path, 'x'.repeat(8192));
      expect(() => sqliteLoginState({ path, clock })).toThrow(refused);
    }));

  it('is refused when it was written by a newer version', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'newer.db');
      openDatabase(path, {
        synchronous: 'normal',
        migrations: [...migrations, 'CREATE TABLE later (x INTEGER)'],
      }).close();
      expect(() => sqliteLoginState({ path, clock })).toThrow(refused);
    }));

  it('is swept of every kind of expired row, in bounded steps', () =>
    withFolder(async (folder) => {
      let now = 1_000;
      const path = join(folder, 'swept.db');
      const state = sqliteLoginState({ path, clock: { now: () => now } });
      for (let i = 0; i < 7; i++) await state.claim(`claim ${i}`, 2_000);
      for (let i = 0; i < 3; i++) await state.putOnce(`once ${i}`, 'v', 2_000);
      await state.claim('kept', 9_000);
      now = 2_000;
      expect([await state.sweep(4), await state.sweep(4), await state.sweep(4)]).toEqual([7, 3, 0]);
      await state.close();
      const rows = openDatabase(path, { synchronous: 'normal', migrations });
      expect(rows.prepare('SELECT key FROM claims UNION ALL SELECT key FROM once').all()).toEqual([{ key: 'kept' }]);
      rows.close();
    }));
});
