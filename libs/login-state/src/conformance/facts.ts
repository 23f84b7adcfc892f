import { describe, expect, it } from 'vitest';
import { drain, type MakeLoginState, told, withState } from './harness.ts';

export const factsConformance = (make: MakeLoginState): void => {
  describe('facts', () => {
    it('come in order per key, whatever the page, and come again until they are marked', () =>
      withState(make, async ({ state, other, sample }) => {
        const attempts = Array.from({ length: 5 }, () => sample.attempt());
        for (const attempt of attempts) await state.putAttempt(attempt);
        for (let round = 0; round < 3; round++) {
          for (const attempt of attempts) await other.recordRefusal(attempt.handle, 9, sample.refused(attempt));
        }
        for (const attempt of attempts) await state.completeLogin(sample.completion(attempt));
        expect(await state.outbox.depth()).toBe(25);

        const once = await state.outbox.pending(4);
        expect(once).toHaveLength(4);
        expect(await state.outbox.pending(4)).toEqual(once);
        for (const { aggregateId, record } of once) expect(aggregateId).toBe(record.key);
        const records = await drain(other.outbox, 4);
        for (const attempt of attempts) {
          const own = records.filter(({ key }) => key === attempt.id);
          expect(told(own)).toEqual(['login.failed 1', 'login.failed 2', 'login.failed 3', 'login.succeeded 4']);
        }
        expect(await state.outbox.depth()).toBe(0);
        expect(await state.outbox.pending(4)).toEqual([]);
      }));

    it('keep topic, key, value and headers byte for byte, and a tombstone its absence', () =>
      withState(make, async ({ state, sample }) => {
        const full = {
          topic: 'gatehouse.login.events',
          key: 'ü "key"\n',
          value: '{"a":"\\u0000é😀"}',
          headers: { ce_id: 'x', traceparent: '00-…-01' },
        };
        const tombstone = { topic: 'gatehouse.session.events', key: 'k', value: undefined, headers: {} };
        await state.startSession(sample.session(), [full, tombstone]);
        expect((await state.outbox.pending(10)).map(({ record }) => record)).toEqual([full, tombstone]);
      }));

    it('may be marked twice, and marking an old one again never loses a new one', () =>
      withState(make, async ({ state, sample }) => {
        const session = sample.session();
        await state.startSession(session, sample.revoked(session));
        const old = (await state.outbox.pending(10)).map(({ position }) => position);
        await state.outbox.markSent(old);
        await state.startSession(sample.session(), sample.revoked(session));
        await state.outbox.markSent(old);
        await state.outbox.markSent([]);
        expect(await state.outbox.pending(10)).toHaveLength(1);
      }));

    it('wake whoever listens after the commit, and only then', () =>
      withState(make, async ({ state, sample }) => {
        let woken = 0;
        const stop = state.outbox.onAppended(() => {
          woken++;
        });
        const attempt = sample.attempt();
        await state.putAttempt(attempt);
        await state.completeLogin(sample.completion(sample.attempt()));
        expect(woken).toBe(0);
        await state.completeLogin(sample.completion(attempt));
        expect(woken).toBe(1);
        stop();
        const session = sample.session();
        await state.startSession(session, []);
        await state.endSession(session.id, sample.revoked);
        expect(woken).toBe(1);
      }));

    it('have the name that the relay goes by', () =>
      withState(make, async ({ state }) => {
        expect(state.outbox.name).toBe('auth-gateway.logins');
      }));
  });

  describe('full facts', () => {
    it('drop refusals first, then refuse logins and change nothing, but let sessions end', () =>
      withState(
        make,
        async ({ state, other, sample }) => {
          const [refused, first, second] = [sample.attempt(), sample.attempt(), sample.attempt()];
          for (const attempt of [refused, first, second]) await state.putAttempt(attempt);
          const outcomes: string[] = [];
          for (let i = 0; i < 20; i++)
            outcomes.push(await state.recordRefusal(refused.handle, 100, sample.refused(refused)));
          expect(outcomes).toEqual([...Array(18).fill('recorded'), 'dropped', 'dropped']);
          expect((await state.readAttempt(refused.handle))?.refusals).toBe(18);

          const completed = sample.completion(first);
          expect(await state.completeLogin(completed)).toBe('completed');
          const { session, claim, ...rest } = sample.completion(second);
          expect(await state.completeLogin({ session, claim, ...rest })).toBe('facts_full');
          expect(await state.readSession('user', session.tokenHash)).toBeUndefined();
          expect(await state.readAttempt(second.handle)).toEqual({ attempt: second, used: false, refusals: 0 });
          const administrator = sample.session({ kind: 'administrator', connectorId: undefined });
          await expect(state.startSession(administrator, sample.revoked(administrator))).rejects.toMatchObject({
            code: 'facts_full',
          });
          expect(await state.readSessionById(administrator.id)).toBeUndefined();
          expect(await other.endSession(completed.session.id, sample.revoked)).toBe(true);

          const types = (await drain(state.outbox)).map(({ headers }) => headers.ce_type);
          expect(types.slice(18)).toEqual(['login.succeeded', 'session.started', 'session.revoked']);
          expect(await state.completeLogin({ session, claim, ...rest })).toBe('completed');
          expect(await state.recordRefusal(refused.handle, 100, sample.refused(refused))).toBe('recorded');
        },
        { factsLimit: 20 },
      ));
  });
};
