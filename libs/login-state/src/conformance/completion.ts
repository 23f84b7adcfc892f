import { describe, expect, it } from 'vitest';
import { count, drain, longLife, type MakeLoginState, shortLife, told, withState } from './harness.ts';

export const completionConformance = (make: MakeLoginState): void => {
  describe('completeLogin', () => {
    it('uses the attempt up, starts the session, puts the value and appends the facts', () =>
      withState(make, async ({ state, other, clock, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        const put = { key: sample.key(), value: 'return code', until: clock.now() + longLife };
        const completion = sample.completion(attempt, { put });
        expect(await state.completeLogin(completion)).toBe('completed');
        expect(await other.readAttempt(attempt.handle)).toEqual({ attempt, used: true, refusals: 0 });
        expect(await other.readSession('user', completion.session.tokenHash)).toEqual(completion.session);
        expect(await other.takeOnce(put.key)).toBe('return code');
        expect(told(await drain(other.outbox))).toEqual(['login.succeeded 1', 'session.started 1']);
      }));

    it('has one winner among 100 rivals for one attempt', () =>
      withState(make, async ({ state, other, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        const rivals = Array.from({ length: 100 }, () => sample.completion(attempt));
        const outcomes = await Promise.all(
          rivals.map((rival, i) => (i % 2 === 0 ? state : other).completeLogin(rival)),
        );
        expect(count(outcomes, 'completed')).toBe(1);
        expect(count(outcomes, 'attempt_used')).toBe(99);
        const sessions = await Promise.all(rivals.map(({ session }) => state.readSession('user', session.tokenHash)));
        expect(sessions.findIndex((session) => session !== undefined)).toBe(outcomes.indexOf('completed'));
        expect(sessions.filter((session) => session !== undefined)).toHaveLength(1);
        expect(told(await drain(state.outbox))).toEqual(['login.succeeded 1', 'session.started 1']);
      }));

    it('has one winner among attempts that race for one claim, and leaves the others as they were', () =>
      withState(make, async ({ state, other, clock, sample }) => {
        const attempts = Array.from({ length: 20 }, () => sample.attempt());
        for (const attempt of attempts) await state.putAttempt(attempt);
        const claim = { key: sample.key(), until: clock.now() + longLife };
        const steps = attempts.map((attempt) =>
          sample.completion(attempt, { claim, put: { key: sample.key(), value: 'v', until: clock.now() + longLife } }),
        );
        const outcomes = await Promise.all(steps.map((step, i) => (i % 2 === 0 ? state : other).completeLogin(step)));
        expect(count(outcomes, 'completed')).toBe(1);
        expect(count(outcomes, 'replayed')).toBe(19);
        expect(await drain(state.outbox)).toHaveLength(2);
        for (const [i, step] of steps.entries()) {
          const won = outcomes[i] === 'completed';
          expect((await state.readAttempt(step.attemptHandle))?.used).toBe(won);
          expect((await state.readSession('user', step.session.tokenHash)) !== undefined).toBe(won);
          expect((await state.takeOnce(step.put?.key ?? '')) !== undefined).toBe(won);
        }
      }));

    it('lets an attempt that brought a replayed answer complete with a fresh one', () =>
      withState(make, async ({ state, clock, sample }) => {
        const [first, second] = [sample.attempt(), sample.attempt()];
        await state.putAttempt(first);
        await state.putAttempt(second);
        const claim = { key: sample.key(), until: clock.now() + longLife };
        await state.completeLogin(sample.completion(first, { claim }));
        expect(await state.completeLogin(sample.completion(second, { claim }))).toBe('replayed');
        expect(await state.recordRefusal(second.handle, 5, sample.refused(second))).toBe('recorded');
        expect(await state.completeLogin(sample.completion(second))).toBe('completed');
      }));

    it('shares its claims with claim', () =>
      withState(make, async ({ state, other, clock, advance, sample }) => {
        const [first, second] = [sample.attempt(), sample.attempt()];
        await state.putAttempt(first);
        await state.putAttempt(second);
        const claim = { key: sample.key(), until: clock.now() + shortLife };
        expect(await other.claim(claim.key, claim.until)).toBe(true);
        expect(await state.completeLogin(sample.completion(first, { claim }))).toBe('replayed');
        await advance(shortLife + 100);
        const later = { key: claim.key, until: clock.now() + longLife };
        expect(await state.completeLogin(sample.completion(first, { claim: later }))).toBe('completed');
        expect(await other.claim(claim.key, later.until)).toBe(false);
      }));

    it('works without a claim', () =>
      withState(make, async ({ state, sample }) => {
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        expect(await state.completeLogin(sample.completion(attempt, { claim: undefined }))).toBe('completed');
      }));

    it('ends the session that it replaces and tells of it, once', () =>
      withState(make, async ({ state, other, sample }) => {
        const old = sample.session();
        await state.startSession(old, []);
        const [first, second] = [sample.attempt(), sample.attempt()];
        await state.putAttempt(first);
        await state.putAttempt(second);
        const replaces = { sessionId: old.id, facts: sample.revoked(old) };
        expect(await state.completeLogin(sample.completion(first, { replaces }))).toBe('completed');
        expect(await other.readSession('user', old.tokenHash)).toBeUndefined();
        expect(await other.readSessionById(old.id)).toBeUndefined();
        expect(await state.completeLogin(sample.completion(second, { replaces }))).toBe('completed');
        const revoked = (await drain(state.outbox)).filter(({ headers }) => headers.ce_type === 'session.revoked');
        expect(revoked.map(({ key }) => key)).toEqual([old.id]);
      }));

    it('keeps the session to be replaced when it does not complete', () =>
      withState(make, async ({ state, clock, sample }) => {
        const old = sample.session();
        await state.startSession(old, []);
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        const claim = { key: sample.key(), until: clock.now() + longLife };
        await state.claim(claim.key, claim.until);
        const replaces = { sessionId: old.id, facts: sample.revoked(old) };
        expect(await state.completeLogin(sample.completion(attempt, { claim, replaces }))).toBe('replayed');
        expect(await state.readSession('user', old.tokenHash)).toEqual(old);
        expect(await drain(state.outbox)).toEqual([]);
      }));
  });
};
