import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@gatehouse/contracts';
import { freePort, mustSkipServerTests, type OwnRedis, startOwnRedis, startSentinel } from '@gatehouse/test-servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LoginAttempt, LoginState } from '../../src/index.ts';
import { anAttempt, completionOf, ids, minutes, openState, outcomeOf } from './support/logins.ts';

const patience = { timeout: 15_000, interval: 50 };
/** Of each kind: values and attempts. */
const things = 30;

interface Takable {
  readonly codes: readonly string[];
  readonly attempts: readonly LoginAttempt[];
}

/** Tries to take everything once, all at the same time; says what was won. */
const takeAll = async (state: LoginState, { codes, attempts }: Takable): Promise<readonly string[]> => {
  const won = await Promise.all([
    ...codes.map(async (code) => ((await outcomeOf(state.takeOnce(code))) === 'v' ? [code] : [])),
    ...attempts.map(async (attempt) =>
      (await outcomeOf(state.completeLogin(completionOf(attempt)))) === 'completed' ? [attempt.handle] : [],
    ),
  ]);
  return won.flat();
};

describe.skipIf(await mustSkipServerTests('redis', 'own'))('replicas', () => {
  const replicated = async (master: OwnRedis, count: number): Promise<void> => {
    const operator = new Redis(master.url);
    await vi.waitFor(async () => {
      await operator.set('probe', ids.secret());
      expect(await operator.wait(count, 500)).toBe(count);
    }, patience);
    operator.disconnect();
  };

  describe('that confirm what is taken', () => {
    let master: OwnRedis;
    let replica: OwnRedis;
    let state: LoginState;
    beforeAll(async () => {
      master = await startOwnRedis();
      replica = await startOwnRedis({ replicaOf: master });
      await replicated(master, 1);
      state = openState({ url: master.url, replicas: 1 });
    });
    afterAll(async () => {
      await state.close();
      await replica.stop();
      await master.stop();
    });

    it('have it when it counts', async () => {
      await state.check();
      const attempt = anAttempt();
      await state.putAttempt(attempt);
      const completion = completionOf(attempt);
      expect(await state.completeLogin(completion)).toBe('completed');
      const copy = new Redis(replica.url);
      expect(await copy.get(`gatehouse:attempt:${attempt.handle}`)).toMatch(/^1 /);
      copy.disconnect();
    });

    it('are waited for in vain while they are away: nothing that takes counts, and what reads goes on', async () => {
      const attempt = anAttempt();
      await state.putAttempt(attempt);
      await state.putOnce('code', 'v', systemClock.now() + minutes);
      const session = completionOf(attempt).session;
      await state.startSession(session, []);
      await replica.pause();
      try {
        for (const call of [
          () => state.completeLogin(completionOf(attempt)),
          () => state.takeOnce('code'),
          () => state.claim('claim', systemClock.now() + minutes),
          () => state.putDenyMarks([{ subject: 'user/usr_2', version: 1 }], systemClock.now() + minutes),
          () => state.leases.acquire('relay', 'a', minutes),
          () => state.endSession(session.id, () => []),
          // It has ended by now, but nobody may be told so yet.
          () => state.endSession(session.id, () => []),
          () => state.check(),
        ]) {
          const from = performance.now();
          await expect(call()).rejects.toThrow(/0 of 1 replicas have confirmed/);
          expect(performance.now() - from).toBeLessThan(1_000);
        }
        const slow = outcomeOf(state.claim('another claim', systemClock.now() + minutes));
        const from = performance.now();
        expect((await state.readAttempt(attempt.handle))?.attempt).toEqual(attempt);
        expect(performance.now() - from).toBeLessThan(150);
        expect(await slow).toBe('unavailable');
      } finally {
        await replica.resume();
      }
      await vi.waitFor(() => state.check(), patience);
      expect(await state.endSession(session.id, () => [])).toBe(false);
      expect(await state.takeOnce('code')).toBeUndefined();
    });
  });

  describe('behind Sentinel, of which one takes over from a master that is paused and wakes up', () => {
    /** How often each thing was won: by gateways that follow Sentinel, and by one that has not heard of the failover. */
    const failOver = async (replicas: number): Promise<ReadonlyMap<string, number>> => {
      const master = await startOwnRedis();
      const copies = [await startOwnRedis({ replicaOf: master }), await startOwnRedis({ replicaOf: master })];
      await replicated(master, 2);
      const sentinel = await startSentinel({ masterName: 'mymaster', master, downAfterMs: 500 });
      const sentinels = [{ host: sentinel.host, port: sentinel.port }];
      const following = openState({ url: 'redis://mymaster', sentinels, replicas });
      const stale = openState({ url: master.url, replicas });
      try {
        await vi.waitFor(() => following.check(), patience);
        await stale.check();
        const takable: Takable = {
          codes: Array.from({ length: things }, () => ids.secret()),
          attempts: Array.from({ length: things }, anAttempt),
        };
        for (const code of takable.codes) await following.putOnce(code, 'v', systemClock.now() + minutes);
        for (const attempt of takable.attempts) await following.putAttempt(attempt);
        await replicated(master, 2);
        // Sentinel must have heard of the replicas from the master before it can make one of them the next.
        const watcher = new Redis(sentinel.url);
        await vi.waitFor(
          async () => expect(await watcher.call('SENTINEL', 'REPLICAS', 'mymaster')).toHaveLength(2),
          patience,
        );
        watcher.disconnect();

        await master.pause();
        expect(await outcomeOf(following.takeOnce('nothing'))).toBe('unavailable');
        await vi.waitFor(() => following.check(), patience);
        const won = [...(await takeAll(following, takable))];
        await master.resume();
        // The former master answers again, and for some seconds believes what it was.
        for (let i = 0; i < 12; i++) {
          const late = await takeAll(stale, takable);
          won.push(...late);
          if (late.length > 0) break;
          await delay(100);
        }
        const counts = new Map<string, number>();
        for (const name of won) counts.set(name, (counts.get(name) ?? 0) + 1);
        return counts;
      } finally {
        await Promise.all([following.close(), stale.close()]);
        await Promise.all([sentinel.stop(), ...copies.map((copy) => copy.stop()), master.stop()]);
      }
    };

    it('are found when their Sentinel comes, however late, and their absence is one line', async () => {
      const master = await startOwnRedis();
      const port = await freePort();
      const lines: string[] = [];
      const write = (_: unknown, message: string): void => {
        lines.push(message);
      };
      const state = openState({
        url: 'redis://mymaster',
        sentinels: [{ host: '127.0.0.1', port }],
        replicas: 1,
        logger: { debug: write, info: write, warn: write, error: write },
      });
      await expect(state.check()).rejects.toThrow(/All sentinels are unreachable/);
      await delay(1_000);
      const sentinel = await startSentinel({ masterName: 'mymaster', master, port });
      const replica = await startOwnRedis({ replicaOf: master });
      try {
        await vi.waitFor(() => state.check(), patience);
        expect(lines).toEqual(['login state is not reached, tries again', 'login state is reached']);
      } finally {
        await state.close();
        await Promise.all([sentinel.stop(), replica.stop(), master.stop()]);
      }
    });

    it('let nothing be taken twice when one of them must confirm it', { timeout: 60_000 }, async () => {
      const counts = await failOver(1);
      expect(counts.size).toBe(2 * things);
      expect([...counts.values()].filter((count) => count > 1)).toEqual([]);
    });

    it('do not hinder it when nobody must: the setting is what keeps it', { timeout: 60_000 }, async () => {
      const counts = await failOver(0);
      expect([...counts.values()].filter((count) => count > 1).length).toBeGreaterThan(0);
    });
  });
});
