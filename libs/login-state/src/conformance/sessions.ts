import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../login-state.ts';
import { count, drain, longLife, type MakeLoginState, type StateUnderTest, shortLife, withState } from './harness.ts';

const startAll = async ({ state }: StateUnderTest, sessions: readonly SessionRecord[]): Promise<void> => {
  for (const session of sessions) await state.startSession(session, []);
};

const idsOf = (sessions: readonly { readonly id: string }[]): readonly string[] => sessions.map(({ id }) => id);

export const sessionsConformance = (make: MakeLoginState): void => {
  describe('sessions', () => {
    it('are read by kind and token hash, and by id', () =>
      withState(make, async ({ state, other, sample }) => {
        const user = sample.session();
        const { connectorId: _, ...administrator } = sample.session({ kind: 'administrator' });
        await state.startSession(user, []);
        await state.startSession(administrator, []);
        expect(await other.readSession('user', user.tokenHash)).toEqual(user);
        expect(await other.readSessionById(user.id)).toEqual(user);
        expect(await other.readSession('administrator', administrator.tokenHash)).toEqual(administrator);
        expect(await other.readSession('administrator', user.tokenHash)).toBeUndefined();
        expect(await other.readSession('user', administrator.tokenHash)).toBeUndefined();
        expect(await other.readSession('user', user.id)).toBeUndefined();
      }));

    it('that were read here are seen as another handle has left them', () =>
      withState(make, async ({ state, other, clock, advance, sample }) => {
        const [ended, touched, first] = [sample.session(), sample.session(), sample.session()];
        for (const session of [ended, touched]) {
          await state.startSession(session, []);
          expect(await state.readSession('user', session.tokenHash)).toEqual(session);
        }
        expect(await state.readSession('user', first.tokenHash)).toBeUndefined();
        expect(await state.readDenyMarks(['user/a'])).toEqual([]);

        await advance(2);
        const seenAt = clock.now();
        await other.endSession(ended.id, () => []);
        await other.touchSession(touched.id, seenAt);
        await other.startSession(first, []);
        await other.putDenyMarks([{ subject: 'user/a', version: 3 }], clock.now() + longLife);

        expect(await state.readSession('user', ended.tokenHash)).toBeUndefined();
        expect(await state.readSession('user', touched.tokenHash)).toEqual({ ...touched, lastSeenAt: seenAt });
        expect(await state.readSession('user', first.tokenHash)).toEqual(first);
        expect(await state.readDenyMarks(['user/a'])).toEqual([{ subject: 'user/a', version: 3 }]);
      }));

    it('that were read here are seen as this handle has left them', () =>
      withState(make, async ({ state, clock, advance, sample }) => {
        const [ended, endedByUser, touched] = [sample.session(), sample.session(), sample.session()];
        for (const session of [ended, endedByUser, touched]) {
          await state.startSession(session, []);
          expect(await state.readSession('user', session.tokenHash)).toEqual(session);
        }
        await advance(2);
        const seenAt = clock.now();
        await state.touchSession(touched.id, seenAt);
        await state.endSession(ended.id, () => []);
        await state.endSessions({ kind: 'user', principalId: endedByUser.principalId }, () => []);
        expect(await state.readSession('user', touched.tokenHash)).toEqual({ ...touched, lastSeenAt: seenAt });
        expect(await state.readSession('user', ended.tokenHash)).toBeUndefined();
        expect(await state.readSession('user', endedByUser.tokenHash)).toBeUndefined();
      }));

    it('are read together with the marks on their user, their connector and the link of the two', () =>
      withState(make, async ({ state, other, clock, advance, sample }) => {
        const session = sample.session({ principalId: 'usr_1', connectorId: 'con_1' });
        await state.startSession(session, []);
        expect(await other.readSessionAndMarks('user', session.tokenHash)).toEqual({ session, marks: [] });
        const marks = [
          { subject: 'user/usr_1', version: 4 },
          { subject: 'connector/con_1', version: 5 },
          { subject: 'link/usr_1/con_1', version: 6 },
        ];
        const others = [
          { subject: 'user/usr_2', version: 7 },
          { subject: 'link/usr_1/con_2', version: 8 },
        ];
        await state.putDenyMarks([...others, ...marks], clock.now() + shortLife);
        expect(await other.readSessionAndMarks('user', session.tokenHash)).toEqual({ session, marks });
        expect(await other.readSessionAndMarks('administrator', session.tokenHash)).toBeUndefined();
        await advance(shortLife + 100);
        expect(await other.readSessionAndMarks('user', session.tokenHash)).toEqual({ session, marks: [] });
        await state.endSession(session.id, () => []);
        expect(await other.readSessionAndMarks('user', session.tokenHash)).toBeUndefined();
      }));

    it('end when they are not used, and live on when they are', () =>
      withState(make, async ({ state, clock, advance, sample }) => {
        const [idle, used] = [sample.session({ idleMs: 2 * shortLife }), sample.session({ idleMs: 2 * shortLife })];
        await state.startSession(idle, []);
        await state.startSession(used, []);
        await advance(shortLife + 100);
        const seenAt = clock.now();
        await state.touchSession(used.id, seenAt);
        await advance(shortLife + 100);
        expect(await state.readSession('user', idle.tokenHash)).toBeUndefined();
        expect(await state.readSessionAndMarks('user', idle.tokenHash)).toBeUndefined();
        expect(await state.readSessionById(idle.id)).toBeUndefined();
        expect(await state.readSession('user', used.tokenHash)).toEqual({ ...used, lastSeenAt: seenAt });
      }));

    it('end at their absolute limit however much they are used', () =>
      withState(make, async ({ state, clock, advance, sample }) => {
        const session = sample.session({ expiresAt: clock.now() + shortLife });
        await state.startSession(session, []);
        await advance(2);
        await state.touchSession(session.id, clock.now());
        expect(await state.readSession('user', session.tokenHash)).toBeDefined();
        await advance(shortLife + 100);
        await state.touchSession(session.id, clock.now());
        expect(await state.readSession('user', session.tokenHash)).toBeUndefined();
        expect((await state.listSessions({ kind: 'user', limit: 10 })).items).toEqual([]);
        expect(await state.endSession(session.id, sample.revoked)).toBe(false);
        expect(await drain(state.outbox)).toEqual([]);
      }));

    it('are only ever seen later, and not brought back by being seen', () =>
      withState(make, async ({ state, clock, sample }) => {
        const session = sample.session();
        await state.startSession(session, []);
        await state.touchSession(session.id, clock.now() - 5_000);
        expect((await state.readSessionById(session.id))?.lastSeenAt).toBe(session.lastSeenAt);
        await state.endSession(session.id, sample.revoked);
        await state.touchSession(session.id, clock.now() + 5_000);
        expect(await state.readSession('user', session.tokenHash)).toBeUndefined();
        expect(await state.readSessionById(session.id)).toBeUndefined();
      }));

    it('end once, for one of 50 rivals, with one fact', () =>
      withState(make, async ({ state, other, sample }) => {
        const session = sample.session();
        await state.startSession(session, []);
        const rivals = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? state : other));
        const outcomes = await Promise.all(rivals.map((handle) => handle.endSession(session.id, sample.revoked)));
        expect(count(outcomes, true)).toBe(1);
        expect((await drain(state.outbox)).map(({ key }) => key)).toEqual([session.id]);
        expect(await other.readSession('user', session.tokenHash)).toBeUndefined();
      }));

    it('end by user, by connector and by both, each with its fact and only once', () =>
      withState(make, async (under) => {
        const { state, other, sample } = under;
        const sessions = {
          aliceCorp: sample.session({ principalId: 'usr_alice', connectorId: 'con_corp' }),
          aliceCrm: sample.session({ principalId: 'usr_alice', connectorId: 'con_crm' }),
          bobCorp: sample.session({ principalId: 'usr_bob', connectorId: 'con_corp' }),
          bobCrm: sample.session({ principalId: 'usr_bob', connectorId: 'con_crm' }),
          administrator: sample.session({ kind: 'administrator', principalId: 'usr_alice', connectorId: undefined }),
        };
        await startAll(under, Object.values(sessions));
        const link = { kind: 'user', principalId: 'usr_alice', connectorId: 'con_corp' } as const;
        expect(await state.endSessions(link, sample.revoked)).toBe(1);
        expect(await other.endSessions(link, sample.revoked)).toBe(0);
        expect(await state.endSessions({ kind: 'user', connectorId: 'con_corp' }, sample.revoked)).toBe(1);
        expect(await state.endSessions({ kind: 'user', principalId: 'usr_alice' }, sample.revoked)).toBe(1);
        expect((await drain(state.outbox)).map(({ key }) => key)).toEqual(
          idsOf([sessions.aliceCorp, sessions.bobCorp, sessions.aliceCrm]),
        );
        expect(await other.readSession('user', sessions.bobCrm.tokenHash)).toEqual(sessions.bobCrm);
        expect(await other.readSessionById(sessions.administrator.id)).toBeDefined();
      }));

    it('are not all ended by a call that names neither a user nor a connector', () =>
      withState(make, async ({ state, sample }) => {
        const session = sample.session();
        await state.startSession(session, []);
        await expect(state.endSessions({ kind: 'user' }, sample.revoked)).rejects.toThrow(TypeError);
        expect(await state.readSessionById(session.id)).toEqual(session);
      }));

    it('end in large numbers, each with its fact', () =>
      withState(make, async (under) => {
        const { state, sample } = under;
        const sessions = Array.from({ length: 450 }, () => sample.session({ connectorId: 'con_large' }));
        await startAll(under, sessions);
        expect(await state.endSessions({ kind: 'user', connectorId: 'con_large' }, sample.revoked)).toBe(450);
        const ended = (await drain(state.outbox)).map(({ key }) => key);
        expect(ended.toSorted()).toEqual(idsOf(sessions).toSorted());
        expect((await state.listSessions({ kind: 'user', limit: 10 })).items).toEqual([]);
      }));
  });

  describe('the list of sessions', () => {
    it('has the newest first, page by page, each once, while others start and end', () =>
      withState(make, async (under) => {
        const { state, other, clock, advance, sample } = under;
        const started: SessionRecord[] = [];
        for (let i = 0; i < 25; i++) {
          const session = sample.session({ principalId: `usr_${i % 2}`, connectorId: `con_${i % 5}` });
          started.push(session);
          await state.startSession(session, []);
          await advance(2);
        }
        const newestFirst = idsOf(started.toReversed());

        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await other.listSessions({ kind: 'user', limit: 10, cursor });
          expect(page.items.length).toBeLessThanOrEqual(10);
          seen.push(...idsOf(page.items));
          cursor = page.nextCursor;
          if (seen.length === 10) {
            await state.startSession(sample.session({ startedAt: clock.now() }), []);
            await state.endSession(newestFirst[0] ?? '', sample.revoked);
          }
        } while (cursor !== undefined);
        expect(seen).toEqual(newestFirst);

        const ofUser = await state.listSessions({ kind: 'user', principalId: 'usr_1', limit: 100 });
        expect(idsOf(ofUser.items)).toEqual(idsOf(started.filter((_, i) => i % 2 === 1).toReversed()));
        const ofConnector = await state.listSessions({ kind: 'user', connectorId: 'con_2', limit: 3 });
        expect(idsOf(ofConnector.items)).toEqual(
          idsOf(
            started
              .filter((_, i) => i % 5 === 2)
              .toReversed()
              .slice(0, 3),
          ),
        );
        const ofBoth = await state.listSessions({ kind: 'user', principalId: 'usr_1', connectorId: 'con_3', limit: 9 });
        expect(idsOf(ofBoth.items)).toEqual(idsOf(started.filter((_, i) => i % 2 === 1 && i % 5 === 3).toReversed()));
        expect(ofBoth.nextCursor).toBeUndefined();
      }));

    it('ends without a cursor when the last page is full', () =>
      withState(make, async (under) => {
        const { state, sample } = under;
        await startAll(under, [sample.session(), sample.session()]);
        expect((await state.listSessions({ kind: 'user', limit: 2 })).nextCursor).toBeUndefined();
        expect((await state.listSessions({ kind: 'user', limit: 1 })).nextCursor).toBeDefined();
        expect((await state.listSessions({ kind: 'administrator', limit: 1 })).items).toEqual([]);
      }));

    it('leaves out what has expired', () =>
      withState(make, async (under) => {
        const { state, clock, advance, sample } = under;
        const lasting = sample.session({ expiresAt: clock.now() + longLife });
        await startAll(under, [sample.session({ idleMs: shortLife }), lasting]);
        await advance(shortLife + 100);
        expect(idsOf((await state.listSessions({ kind: 'user', limit: 10 })).items)).toEqual([lasting.id]);
      }));

    it('refuses a cursor that it did not give', () =>
      withState(make, async (under) => {
        const { state, sample } = under;
        await startAll(under, [sample.session({ connectorId: 'con_a' }), sample.session({ connectorId: 'con_a' })]);
        const { nextCursor } = await state.listSessions({ kind: 'user', connectorId: 'con_a', limit: 1 });
        expect(nextCursor).toBeDefined();
        const refused = expect.objectContaining({ name: 'LoginStateError', code: 'cursor_invalid' });
        for (const cursor of ['', 'x', 'bnVsbA', 'W10', 'eyJhIjoxfQ', '\u0000', 'W10='.repeat(100)]) {
          await expect(state.listSessions({ kind: 'user', limit: 1, cursor }), cursor).rejects.toEqual(refused);
        }
        await expect(state.listSessions({ kind: 'user', limit: 1, cursor: nextCursor })).rejects.toEqual(refused);
      }));
  });
};
