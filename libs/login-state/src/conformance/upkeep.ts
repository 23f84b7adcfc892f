import { describe, expect, it } from 'vitest';
import type { LoginState } from '../login-state.ts';
import { longLife, type MakeLoginState, type Samples, shortLife, told, withState } from './harness.ts';

/** Every call that reaches the state, with arguments of its own. */
const everyCall = (sample: Samples, now: number): Readonly<Record<string, (state: LoginState) => Promise<unknown>>> => {
  const attempt = sample.attempt();
  const session = sample.session();
  const lease = { name: 'n', owner: 'o', fence: 1, expiresAt: now + longLife };
  const stash = { key: 'k', attemptHandle: attempt.handle, value: 'v', until: now + longLife };
  return {
    putAttempt: (state) => state.putAttempt(attempt),
    readAttempt: (state) => state.readAttempt(attempt.handle),
    recordRefusal: (state) => state.recordRefusal(attempt.handle, 3, sample.refused(attempt)),
    stashAnswer: (state) => state.stashAnswer(stash, 3),
    readStash: (state) => state.readStash('k'),
    completeLogin: (state) => state.completeLogin(sample.completion(attempt)),
    startSession: (state) => state.startSession(session, []),
    readSession: (state) => state.readSession('user', session.tokenHash),
    readSessionAndMarks: (state) => state.readSessionAndMarks('user', session.tokenHash),
    readSessionById: (state) => state.readSessionById(session.id),
    touchSession: (state) => state.touchSession(session.id, now),
    listSessions: (state) => state.listSessions({ kind: 'user', limit: 1 }),
    endSession: (state) => state.endSession(session.id, sample.revoked),
    endSessions: (state) => state.endSessions({ kind: 'user', principalId: 'usr_1' }, sample.revoked),
    putOnce: (state) => state.putOnce('k', 'v', now + longLife),
    takeOnce: (state) => state.takeOnce('k'),
    claim: (state) => state.claim('k', now + longLife),
    putDenyMarks: (state) => state.putDenyMarks([{ subject: 's', version: 1 }], now + longLife),
    readDenyMarks: (state) => state.readDenyMarks(['s']),
    'leases.acquire': (state) => state.leases.acquire('n', 'o', longLife),
    'leases.renew': (state) => state.leases.renew(lease, longLife),
    'leases.release': (state) => state.leases.release(lease),
    'outbox.pending': (state) => state.outbox.pending(1),
    'outbox.markSent': (state) => state.outbox.markSent(['1']),
    'outbox.depth': (state) => state.outbox.depth(),
    check: (state) => state.check(),
  };
};

const unavailable = expect.objectContaining({ name: 'LoginStateError', code: 'state_unavailable' });

export const upkeepConformance = (make: MakeLoginState): void => {
  it('survives being closed and opened again', () =>
    withState(make, async ({ state, other, open, clock, sample }) => {
      const [waiting, used] = [sample.attempt(), sample.attempt()];
      await state.putAttempt(waiting);
      await state.putAttempt(used);
      const completion = sample.completion(used, { put: { key: 'code', value: 'v', until: clock.now() + longLife } });
      await state.completeLogin(completion);
      await state.putDenyMarks([{ subject: 'user/usr_1', version: 4 }], clock.now() + longLife);
      const lease = await state.leases.acquire('relay', 'a', longLife);
      await state.close();
      await other.close();

      const reopened = await open();
      expect(await reopened.readAttempt(waiting.handle)).toEqual({ attempt: waiting, used: false, refusals: 0 });
      expect(await reopened.completeLogin(completion)).toBe('attempt_used');
      const replay = sample.completion(waiting, { claim: completion.claim });
      expect(await reopened.completeLogin(replay)).toBe('replayed');
      expect(await reopened.readSession('user', completion.session.tokenHash)).toEqual(completion.session);
      expect(await reopened.readDenyMarks(['user/usr_1'])).toHaveLength(1);
      expect(await reopened.leases.acquire('relay', 'b', longLife)).toBeUndefined();
      expect((await reopened.leases.acquire('relay', 'a', longLife))?.fence).toBeGreaterThan(
        lease?.fence ?? Number.NaN,
      );
      expect(told((await reopened.outbox.pending(9)).map(({ record }) => record))).toEqual([
        'login.succeeded 1',
        'session.started 1',
      ]);
      expect(await reopened.takeOnce('code')).toBe('v');
    }));

  it('sweeps only what has expired', () =>
    withState(make, async ({ state, clock, advance, sample }) => {
      const soon = clock.now() + shortLife;
      const late = clock.now() + longLife;
      const [gone, kept] = [sample.attempt({ expiresAt: soon }), sample.attempt()];
      const [ended, lasting] = [sample.session({ expiresAt: soon }), sample.session()];
      for (const attempt of [gone, kept]) await state.putAttempt(attempt);
      for (const session of [ended, lasting]) await state.startSession(session, []);
      for (const [key, until] of [
        ['gone', soon],
        ['kept', late],
      ] as const) {
        await state.putOnce(key, 'v', until);
        await state.claim(key, until);
        await state.putDenyMarks([{ subject: key, version: 1 }], until);
        await state.stashAnswer({ key, attemptHandle: kept.handle, value: 'v', until }, 9);
      }
      const lease = await state.leases.acquire('relay', 'a', shortLife);
      await advance(shortLife + 100);
      // Two rounds of one each: a step is bounded, and nothing that lives is deleted by a further one.
      const swept = (await state.sweep(1)) + (await state.sweep(1));
      expect([0, 6]).toContain(swept);
      expect(await state.sweep(1000)).toBe(0);

      expect(await state.readAttempt(kept.handle)).toBeDefined();
      expect(await state.readSession('user', lasting.tokenHash)).toEqual(lasting);
      expect(await state.readStash('kept')).toBeDefined();
      expect(await state.readDenyMarks(['gone', 'kept'])).toEqual([{ subject: 'kept', version: 1 }]);
      expect(await state.claim('kept', late)).toBe(false);
      expect(await state.takeOnce('kept')).toBe('v');
      expect((await state.leases.acquire('relay', 'b', longLife))?.fence).toBeGreaterThan(lease?.fence ?? Number.NaN);
    }));

  describe('a state that does not serve', () => {
    it('says so at every call once it is closed, and may be closed twice', () =>
      withState(make, async ({ state, other, clock, sample }) => {
        const calls = everyCall(sample, clock.now());
        await state.close();
        await state.close();
        for (const [name, call] of Object.entries(calls)) await expect(call(state), name).rejects.toEqual(unavailable);
        for (const [name, call] of Object.entries(calls)) await expect(call(other), name).resolves.not.toThrow();
      }));

    it('says so while it takes no writes, and serves again afterwards without having done half', () =>
      withState(make, async ({ state, interrupt, clock, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        const completion = sample.completion(attempt, {
          put: { key: 'code', value: 'v', until: clock.now() + longLife },
        });
        await state.check();
        const restore = await interrupt();
        try {
          await expect(state.check()).rejects.toEqual(unavailable);
          await expect(state.completeLogin(completion)).rejects.toEqual(unavailable);
        } finally {
          await restore();
        }
        await state.check();
        // The refused step may have happened, or not; but as a whole.
        const done = (await state.readAttempt(attempt.handle))?.used === true;
        expect((await state.readSession('user', completion.session.tokenHash)) !== undefined).toBe(done);
        expect(await state.outbox.depth()).toBe(done ? 2 : 0);
        expect((await state.takeOnce('code')) !== undefined).toBe(done);
      }));
  });
};
