import { describe, expect, it } from 'vitest';
import { count, drain, longLife, type MakeLoginState, shortLife, told, withState } from './harness.ts';

export const attemptsConformance = (make: MakeLoginState): void => {
  describe('attempts', () => {
    it('are read by their handle as they were put, as often as one likes, through every handle on the state', () =>
      withState(make, async ({ state, other, sample }) => {
        const attempt = sample.attempt({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' });
        await state.putAttempt(attempt);
        const expected = { attempt, used: false, refusals: 0 };
        expect(await state.readAttempt(attempt.handle)).toEqual(expected);
        expect(await other.readAttempt(attempt.handle)).toEqual(expected);
        expect(await state.readAttempt(attempt.handle)).toEqual(expected);
      }));

    it('are unknown by any other name', () =>
      withState(make, async ({ state, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        expect(await state.readAttempt(attempt.id)).toBeUndefined();
        expect(await state.readAttempt(sample.key())).toBeUndefined();
        expect(await state.readAttempt('')).toBeUndefined();
      }));

    it('are gone when they have expired: for reading, refusing, stashing and completing', () =>
      withState(make, async ({ state, clock, advance, sample }) => {
        const attempt = sample.attempt({ expiresAt: clock.now() + shortLife });
        await state.putAttempt(attempt);
        expect(await state.readAttempt(attempt.handle)).toBeDefined();
        await advance(shortLife + 100);
        expect(await state.readAttempt(attempt.handle)).toBeUndefined();
        expect(await state.recordRefusal(attempt.handle, 5, sample.refused(attempt))).toBe('dropped');
        const stash = { key: sample.key(), attemptHandle: attempt.handle, value: 'x', until: clock.now() + longLife };
        expect(await state.stashAnswer(stash, 5)).toBe('attempt_unknown');
        const completion = sample.completion(attempt);
        expect(await state.completeLogin(completion)).toBe('attempt_unknown');
        expect(await state.readSession('user', completion.session.tokenHash)).toBeUndefined();
        expect(await drain(state.outbox)).toEqual([]);
      }));

    it('stay usable through refusals, which are counted and numbered', () =>
      withState(make, async ({ state, other, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        expect(await state.recordRefusal(attempt.handle, 5, sample.refused(attempt))).toBe('recorded');
        expect(await other.recordRefusal(attempt.handle, 5, sample.refused(attempt))).toBe('recorded');
        expect(await state.readAttempt(attempt.handle)).toEqual({ attempt, used: false, refusals: 2 });
        expect(await state.completeLogin(sample.completion(attempt))).toBe('completed');
        const login = (await drain(state.outbox)).filter(({ key }) => key === attempt.id);
        expect(told(login)).toEqual(['login.failed 1', 'login.failed 2', 'login.succeeded 3']);
      }));

    it('tell of no more refusals than the most that was given, and of none once used', () =>
      withState(make, async ({ state, sample }) => {
        const [flooded, used] = [sample.attempt(), sample.attempt()];
        await state.putAttempt(flooded);
        await state.putAttempt(used);
        const outcomes = [];
        for (let i = 0; i < 5; i++)
          outcomes.push(await state.recordRefusal(flooded.handle, 3, sample.refused(flooded)));
        expect(outcomes).toEqual(['recorded', 'recorded', 'recorded', 'dropped', 'dropped']);
        expect((await state.readAttempt(flooded.handle))?.refusals).toBe(3);
        await state.completeLogin(sample.completion(used));
        expect(await state.recordRefusal(used.handle, 3, sample.refused(used))).toBe('dropped');
        const facts = await drain(state.outbox);
        expect(facts.filter(({ headers }) => headers.ce_type === 'login.failed')).toHaveLength(3);
      }));

    it('number refusals without gap or repeat when many come at once', () =>
      withState(make, async ({ state, other, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        const rivals = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? state : other));
        await Promise.all(rivals.map((handle) => handle.recordRefusal(attempt.handle, 100, sample.refused(attempt))));
        const numbers = (await drain(state.outbox)).map(({ headers }) => Number(headers.ce_sequence));
        expect(numbers).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
      }));
  });

  describe('stashed answers', () => {
    it('are read by their key until they expire, and know their attempt', () =>
      withState(make, async ({ state, other, clock, advance, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        const key = sample.key();
        const stash = {
          key,
          attemptHandle: attempt.handle,
          value: 'PHNhbWxwOi…'.repeat(2000),
          until: clock.now() + shortLife,
        };
        expect(await state.stashAnswer(stash, 8)).toBe('kept');
        expect(await other.readStash(key)).toEqual({ attemptHandle: attempt.handle, value: stash.value });
        expect(await state.readStash(sample.key())).toBeUndefined();
        await advance(shortLife + 100);
        expect(await state.readStash(key)).toBeUndefined();
      }));

    it('are bounded for each attempt alone, and make room as they expire', () =>
      withState(make, async ({ state, other, clock, advance, sample }) => {
        const [flooded, calm] = [sample.attempt(), sample.attempt()];
        await state.putAttempt(flooded);
        await state.putAttempt(calm);
        const stash = (attemptHandle: string, life: number) => ({
          key: sample.key(),
          attemptHandle,
          value: 'v',
          until: clock.now() + life,
        });
        const rivals = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? state : other));
        const outcomes = await Promise.all(
          rivals.map((handle) => handle.stashAnswer(stash(flooded.handle, shortLife), 8)),
        );
        expect(count(outcomes, 'kept')).toBe(8);
        expect(count(outcomes, 'full')).toBe(22);
        expect(await state.stashAnswer(stash(calm.handle, longLife), 8)).toBe('kept');
        await advance(shortLife + 100);
        expect(await state.stashAnswer(stash(flooded.handle, longLife), 8)).toBe('kept');
      }));

    it('need an attempt', () =>
      withState(make, async ({ state, clock, sample }) => {
        const stash = { key: sample.key(), attemptHandle: sample.key(), value: 'v', until: clock.now() + longLife };
        expect(await state.stashAnswer(stash, 8)).toBe('attempt_unknown');
        expect(await state.readStash(stash.key)).toBeUndefined();
      }));
  });
};
