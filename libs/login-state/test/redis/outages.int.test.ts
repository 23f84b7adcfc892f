import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@gatehouse/contracts';
import { mustSkipServerTests, type OwnRedis, startOwnRedis } from '@gatehouse/test-servers';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoginAttempt, LoginState } from '../../src/index.ts';
import { aFact, anAttempt, aSession, completionOf, ids, minutes, openState, outcomeOf } from './support/logins.ts';

const patience = { timeout: 5_000, interval: 20 };

describe.skipIf(await mustSkipServerTests('redis', 'own'))('a Redis that fails', () => {
  let server: OwnRedis;
  let operator: Redis;
  let states: LoginState[];
  let ahead = 0;
  const clock = { now: () => systemClock.now() + ahead };
  const open = async (): Promise<LoginState> => {
    const state = openState({ url: server.url, clock });
    states.push(state);
    await state.check();
    return state;
  };
  beforeEach(async () => {
    server = await startOwnRedis();
    operator = new Redis(server.url);
    operator.on('error', () => undefined);
    states = [];
    ahead = 0;
  });
  afterEach(async () => {
    await Promise.all(states.map((state) => state.close()));
    operator.disconnect();
    await server.stop();
  });

  it('loses nothing that it has acknowledged when it is killed', async () => {
    const [state, other] = [await open(), await open()];
    const acknowledged: { handle: string; sessionId: string; code: string }[] = [];
    let stopped = false;
    const logIn = async (through: LoginState): Promise<void> => {
      while (!stopped) {
        const attempt = anAttempt();
        const code = ids.secret();
        const step = { ...completionOf(attempt), put: { key: code, value: 'v', until: systemClock.now() + minutes } };
        await outcomeOf(through.putAttempt(attempt));
        const outcome = await outcomeOf(through.completeLogin(step));
        if (outcome === 'completed') acknowledged.push({ handle: attempt.handle, sessionId: step.session.id, code });
        // What is refused at once leaves no turn to timers.
        if (outcome === 'unavailable') await delay(1);
      }
    };
    const running = [logIn(state), logIn(state), logIn(other)];
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200), patience);
    await server.kill();
    await delay(50);
    stopped = true;
    await Promise.all(running);
    await server.restart();

    await vi.waitFor(() => state.check(), patience);
    const facts = new Set((await state.outbox.pending(100_000)).map(({ record }) => record.key));
    for (const { handle, sessionId, code } of acknowledged) {
      expect((await state.readAttempt(handle))?.used).toBe(true);
      expect(await state.claim(`claim of ${handle}`, systemClock.now() + minutes)).toBe(false);
      expect(await state.readSessionById(sessionId)).toBeDefined();
      expect(facts.has(sessionId)).toBe(true);
      expect(await state.takeOnce(code)).toBe('v');
    }
    // Whole logins only: a session has its fact, and there is no fact of another.
    const { items } = await state.listSessions({ kind: 'user', limit: 100_000 });
    expect(facts.size).toBe(2 * items.length);
    for (const { id } of items) expect(facts.has(id)).toBe(true);
  });

  it('is refused within a second while it hangs, and serves again without a restart of ours', async () => {
    const state = await open();
    const attempt = anAttempt();
    await state.putAttempt(attempt);
    await server.pause();
    for (let i = 0; i < 3; i++) {
      const from = performance.now();
      expect(await outcomeOf(state.readAttempt(attempt.handle))).toBe('unavailable');
      expect(performance.now() - from).toBeLessThan(1_000);
    }
    const from = performance.now();
    await expect(state.check()).rejects.toMatchObject({ code: 'state_unavailable' });
    expect(performance.now() - from).toBeLessThan(2_000);
    await server.resume();
    await vi.waitFor(() => state.check(), patience);
    expect((await state.readAttempt(attempt.handle))?.used).toBe(false);
  });

  it('lets nobody in twice by a step that was given up and ran all the same', async () => {
    const state = await open();
    const [first, ...attempts] = Array.from({ length: 21 }, anAttempt) as [LoginAttempt, ...LoginAttempt[]];
    for (const attempt of [first, ...attempts]) await state.putAttempt(attempt);
    // From here on the server knows the script by its hash.
    await state.completeLogin(completionOf(first));
    await state.putOnce('link', 'v', systemClock.now() + minutes);
    await server.pause();
    const [taken, ...given] = await Promise.all([
      outcomeOf(state.takeOnce('link')),
      ...attempts.map((attempt) => outcomeOf(state.completeLogin(completionOf(attempt)))),
    ]);
    expect([taken, ...given].every((outcome) => outcome === 'unavailable')).toBe(true);
    await server.resume();
    await vi.waitFor(() => state.check(), patience);

    // The server had the commands in its hands and ran them when it woke: whoever tries again is too late.
    const again = await Promise.all(attempts.map((attempt) => state.completeLogin(completionOf(attempt))));
    expect(new Set(again)).toEqual(new Set(['attempt_used']));
    expect(await state.takeOnce('link')).toBeUndefined();
    expect((await state.listSessions({ kind: 'user', limit: 100 })).items).toHaveLength(21);
  });

  it('gives a value to one of 100 takers and an attempt to one of 100 rivals while its scripts are flushed', async () => {
    const [state, other] = [await open(), await open()];
    let isFlushing = true;
    const flushing = (async () => {
      while (isFlushing) await operator.script('FLUSH');
    })();
    try {
      for (let round = 0; round < 5; round++) {
        const [attempt, code] = [anAttempt(), ids.secret()];
        await state.putAttempt(attempt);
        await state.putOnce(code, 'v', systemClock.now() + minutes);
        const through = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? state : other));
        const [taken, completed, claimed] = await Promise.all([
          Promise.all(through.map((handle) => handle.takeOnce(code))),
          Promise.all(through.map((handle) => handle.completeLogin(completionOf(attempt)))),
          Promise.all(through.map((handle) => handle.claim(code, systemClock.now() + minutes))),
        ]);
        expect(taken.filter((value) => value === 'v')).toHaveLength(1);
        expect(completed.filter((outcome) => outcome === 'completed')).toHaveLength(1);
        expect(claimed.filter(Boolean)).toHaveLength(1);
      }
    } finally {
      isFlushing = false;
      await flushing;
    }
  });

  it('is refused while its memory is full, and then nothing is done by half', async () => {
    const state = await open();
    const attempt = anAttempt();
    await state.putAttempt(attempt);
    await operator.config('SET', 'maxmemory', '1mb');
    expect(await outcomeOf(state.completeLogin(completionOf(attempt)))).toBe('unavailable');
    await expect(state.check()).rejects.toThrow(/OOM/);
    await operator.config('SET', 'maxmemory', '0');
    expect((await state.readAttempt(attempt.handle))?.used).toBe(false);
    expect(await state.completeLogin(completionOf(attempt))).toBe('completed');
    expect(await state.outbox.depth()).toBe(2);
  });

  it('holds nothing any more when everything has run out but leases and the stream itself', async () => {
    const state = await open();
    const soon = systemClock.now() + 1_500;
    const fill = async (name: string): Promise<void> => {
      const attempt = { ...anAttempt(), expiresAt: soon };
      await state.putAttempt(attempt);
      await state.stashAnswer({ key: name, attemptHandle: attempt.handle, value: 'x'.repeat(1_000), until: soon }, 3);
      await state.recordRefusal(attempt.handle, 20, () => [aFact(attempt.id)]);
      const session = aSession({ expiresAt: soon, principalId: `usr_${name}`, connectorId: `con_${name}` });
      const put = { key: name, value: 'v', until: soon };
      await state.completeLogin({ ...completionOf(attempt, session), claim: { key: name, until: soon }, put });
      await state.putDenyMarks([{ subject: `user/usr_${name}`, version: 1 }], soon);
    };
    await Promise.all(Array.from({ length: 50 }, () => fill(ids.secret())));
    await state.leases.acquire('relay', 'a', 100);
    await state.outbox.markSent((await state.outbox.pending(1_000)).map(({ position }) => position));
    expect(await operator.dbsize()).toBeGreaterThan(300);
    await vi.waitFor(async () => {
      // A look makes Redis notice that a key is over.
      const keys = await operator.keys('*');
      for (const key of keys) await operator.exists(key);
      expect((await operator.keys('*')).filter((key) => key !== 'gatehouse:probe').toSorted()).toEqual([
        'gatehouse:facts',
        'gatehouse:lease:relay',
      ]);
    }, patience);
  });

  it('keeps no names of sessions that ran out among those that live', async () => {
    const state = await open();
    for (let i = 0; i < 100; i++) await state.startSession(aSession({ expiresAt: systemClock.now() + minutes }), []);
    await state.startSession(aSession(), []);
    expect(await operator.zcard('gatehouse:sessions:user')).toBe(101);
    ahead = minutes + 1;
    await state.sweep(60);
    expect(await operator.zcard('gatehouse:sessions:user')).toBe(41);
    await state.sweep(60);
    for (const index of ['sessions:user', 'sessions:user:of:usr_1', 'sessions:user:by:con_1', 'session-ends']) {
      expect(await operator.zcard(`gatehouse:${index}`), index).toBe(1);
    }
  });
});
