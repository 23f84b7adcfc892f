import { mustSkipServerTests, type OwnRedis, type RedisOptions, startOwnRedis } from '@gatehouse/test-servers';
import { describe, expect, it, vi } from 'vitest';
import type { LoginState } from '../../src/index.ts';
import type { RedisLoginStateOptions } from '../../src/redis/index.ts';
import { anAttempt, aSession, completionOf, ids, openState } from './support/logins.ts';

const patience = { timeout: 5_000, interval: 20 };

interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

const withServer = async (
  options: RedisOptions,
  test: (
    server: OwnRedis,
    open: (changes?: Partial<RedisLoginStateOptions>) => LoginState,
    lines: readonly Line[],
  ) => Promise<void>,
): Promise<void> => {
  const server = await startOwnRedis(options);
  const states: LoginState[] = [];
  const lines: Line[] = [];
  const write = (fields: Line['fields'], message: string): void => {
    lines.push({ fields, message });
  };
  const logger = { debug: write, info: write, warn: write, error: write };
  const open = (changes: Partial<RedisLoginStateOptions> = {}): LoginState => {
    const state = openState({ url: server.url, logger, ...changes });
    states.push(state);
    return state;
  };
  try {
    await test(server, open, lines);
  } finally {
    await Promise.all(states.map((state) => state.close()));
    await server.stop();
  }
};

const withUser = (url: string, user: string, password: string): string => url.replace('://', `://${user}:${password}@`);

describe.skipIf(await mustSkipServerTests('redis', 'own'))('access to Redis', () => {
  it('is refused in one clear line for a wrong password, which is in no line and no error', () =>
    withServer({ password: 'right' }, async ({ url }, open, lines) => {
      const secret = ids.secret();
      const state = open({ url: withUser(url, '', secret) });
      await expect(state.check()).rejects.toThrow(/^the login state does not serve: WRONGPASS/);
      await expect(state.check()).rejects.toMatchObject({ code: 'state_unavailable' });
      const error = await state.readAttempt('x').catch((cause: unknown) => cause);
      expect(lines.map(({ message }) => message)).toEqual(['login state is not reached, tries again']);
      const text = JSON.stringify(lines) + JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error);
      expect(text).toContain('WRONGPASS');
      expect(text).not.toContain(secret);

      const right = open({ url: withUser(url, '', 'right') });
      await right.check();
    }));

  it('needs no more rights than a user of its own has', () =>
    withServer(
      {
        users: [
          'user gatehouse on >p%40ss ~gatehouse:* +@read +@write +@connection +@scripting -@dangerous +info +wait',
        ],
      },
      async ({ url }, open, lines) => {
        const state = open({ url: withUser(url, 'gatehouse', 'p%2540ss') });
        await state.check();
        const attempt = anAttempt();
        await state.putAttempt(attempt);
        const session = aSession();
        expect(await state.completeLogin(completionOf(attempt, session))).toBe('completed');
        expect((await state.readSessionAndMarks('user', session.tokenHash))?.session).toEqual(session);
        expect(await state.endSessions({ kind: 'user', principalId: 'usr_1' }, () => [])).toBe(1);
        expect(await state.leases.acquire('relay', 'a', 1_000)).toBeDefined();
        const entries = await state.outbox.pending(10);
        await state.outbox.markSent(entries.map(({ position }) => position));
        expect(entries).toHaveLength(2);
        expect(lines).toEqual([]);

        const elsewhere = open({ url: withUser(url, 'gatehouse', 'p%2540ss'), prefix: 'other:' });
        await expect(elsewhere.check()).rejects.toThrow(/NOPERM/);
      },
    ));

  it('speaks TLS with a server whose certificate it can trust, and with no other', () =>
    withServer({ tls: true }, async ({ url, ca }, open) => {
      const state = open({ tls: { ca } });
      await state.check();
      const stranger = open({});
      await expect(stranger.check()).rejects.toThrow(/certificate/);
      const plain = open({ url: url.replace('rediss:', 'redis:') });
      await expect(plain.check()).rejects.toMatchObject({ code: 'state_unavailable' });
    }));

  it('says once that Redis is away and once that it is back', () =>
    withServer({}, async (server, open, lines) => {
      const state = open();
      await state.check();
      await server.kill();
      await expect(state.check()).rejects.toThrow(/ECONNREFUSED/);
      await server.restart();
      await vi.waitFor(() => state.check(), patience);
      expect(lines.map(({ message }) => message)).toEqual([
        'login state is not reached, tries again',
        'login state is reached',
      ]);
    }));

  it('is refused to a member of a Cluster', () =>
    withServer({ config: { 'cluster-enabled': 'yes' } }, async (_, open) => {
      await expect(open().check()).rejects.toThrow(/Cluster, which is not supported/);
    }));

  it('is refused where keys are evicted', () =>
    withServer({ config: { 'maxmemory-policy': 'volatile-lru' } }, async (_, open) => {
      await expect(open().check()).rejects.toThrow(/maxmemory-policy is volatile-lru.*set it to noeviction/);
    }));

  it('warns once where nothing is kept on disk', () =>
    withServer({ config: { appendonly: 'no' } }, async (_, open, lines) => {
      const state = open();
      await state.check();
      await state.check();
      expect(lines.map(({ message }) => message)).toEqual(['login state is on a Redis that may forget']);
    }));
});
