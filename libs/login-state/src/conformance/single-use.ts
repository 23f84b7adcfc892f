import { describe, expect, it } from 'vitest';
import { count, longLife, type MakeLoginState, shortLife, withState } from './harness.ts';

export const singleUseConformance = (make: MakeLoginState): void => {
  describe('single-use values', () => {
    it('are given to exactly one of 100 parallel takers', () =>
      withState(make, async ({ state, other, clock, sample }) => {
        const key = sample.key();
        await state.putOnce(key, 'set-up link', clock.now() + longLife);
        const takers = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? state : other));
        const taken = await Promise.all(takers.map((handle) => handle.takeOnce(key)));
        expect(count(taken, 'set-up link')).toBe(1);
        expect(count(taken, undefined)).toBe(99);
      }));

    it('are unknown under another key and gone when they have expired', () =>
      withState(make, async ({ state, clock, advance, sample }) => {
        const key = sample.key();
        await state.putOnce(key, 'v', clock.now() + shortLife);
        expect(await state.takeOnce(sample.key())).toBeUndefined();
        await advance(shortLife + 100);
        expect(await state.takeOnce(key)).toBeUndefined();
      }));

    it('are replaced by a later one under the same key', () =>
      withState(make, async ({ state, clock, advance, sample }) => {
        const key = sample.key();
        await state.putOnce(key, 'first', clock.now() + shortLife);
        await state.putOnce(key, 'second', clock.now() + longLife);
        await advance(shortLife + 100);
        expect(await state.takeOnce(key)).toBe('second');
        expect(await state.takeOnce(key)).toBeUndefined();
      }));
  });

  describe('claims', () => {
    it('are won by exactly one of 100 rivals, and can be won again when they have expired', () =>
      withState(make, async ({ state, other, clock, advance, sample }) => {
        const key = sample.key();
        const until = clock.now() + shortLife;
        const rivals = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? state : other));
        expect(count(await Promise.all(rivals.map((handle) => handle.claim(key, until))), true)).toBe(1);
        expect(await state.claim(sample.key(), until)).toBe(true);
        await advance(shortLife + 100);
        expect(await other.claim(key, clock.now() + longLife)).toBe(true);
        expect(await state.claim(key, clock.now() + longLife)).toBe(false);
      }));

    it('have nothing to do with single-use values of the same key', () =>
      withState(make, async ({ state, clock, sample }) => {
        const key = sample.key();
        await state.putOnce(key, 'v', clock.now() + longLife);
        expect(await state.claim(key, clock.now() + longLife)).toBe(true);
        expect(await state.takeOnce(key)).toBe('v');
        expect(await state.claim(key, clock.now() + longLife)).toBe(false);
      }));
  });

  describe('deny marks', () => {
    it('are read for the subjects asked for, until they expire', () =>
      withState(make, async ({ state, other, clock, advance }) => {
        await state.putDenyMarks(
          [
            { subject: 'user/usr_1', version: 4 },
            { subject: 'link/usr_1/con_2', version: 5 },
          ],
          clock.now() + shortLife,
        );
        expect(await other.readDenyMarks(['user/usr_1', 'connector/con_2', 'link/usr_1/con_2'])).toEqual([
          { subject: 'user/usr_1', version: 4 },
          { subject: 'link/usr_1/con_2', version: 5 },
        ]);
        expect(await other.readDenyMarks(['user/usr_2'])).toEqual([]);
        expect(await other.readDenyMarks([])).toEqual([]);
        await advance(shortLife + 100);
        expect(await state.readDenyMarks(['user/usr_1', 'link/usr_1/con_2'])).toEqual([]);
      }));

    it('keep the greater version, whichever comes first', () =>
      withState(make, async ({ state, other, clock }) => {
        const until = clock.now() + longLife;
        await state.putDenyMarks([{ subject: 'user/usr_1', version: 7 }], until);
        await other.putDenyMarks([{ subject: 'user/usr_1', version: 6 }], until);
        expect(await state.readDenyMarks(['user/usr_1'])).toEqual([{ subject: 'user/usr_1', version: 7 }]);
        await other.putDenyMarks([{ subject: 'user/usr_1', version: 8 }], until);
        expect(await state.readDenyMarks(['user/usr_1'])).toEqual([{ subject: 'user/usr_1', version: 8 }]);
      }));

    it('are not shortened by a later mark, and an expired one counts no more', () =>
      withState(make, async ({ state, clock, advance }) => {
        await state.putDenyMarks([{ subject: 'a', version: 2 }], clock.now() + longLife);
        await state.putDenyMarks([{ subject: 'a', version: 3 }], clock.now() + shortLife);
        await state.putDenyMarks([{ subject: 'b', version: 9 }], clock.now() + shortLife);
        await advance(shortLife + 100);
        await state.putDenyMarks([{ subject: 'b', version: 1 }], clock.now() + longLife);
        expect(await state.readDenyMarks(['a', 'b'])).toEqual([
          { subject: 'a', version: 3 },
          { subject: 'b', version: 1 },
        ]);
      }));
  });

  describe('leases', () => {
    it('are held by one of 50 rivals', () =>
      withState(make, async ({ state, other }) => {
        const rivals = Array.from({ length: 50 }, (_, i) =>
          (i % 2 === 0 ? state : other).leases.acquire('relay', `owner-${i}`, longLife),
        );
        const held = (await Promise.all(rivals)).filter((lease) => lease !== undefined);
        expect(held).toHaveLength(1);
        expect(await state.leases.acquire('another relay', 'owner-1', longLife)).toBeDefined();
      }));

    it('give each holder a greater fence: after a release, after an expiry, and to the same owner again', () =>
      withState(make, async ({ state, other, advance }) => {
        const first = await state.leases.acquire('relay', 'a', longLife);
        const again = await state.leases.acquire('relay', 'a', longLife);
        if (again !== undefined) await state.leases.release(again);
        const second = await other.leases.acquire('relay', 'b', shortLife);
        await advance(shortLife + 100);
        const third = await state.leases.acquire('relay', 'c', longLife);
        const fences = [first, again, second, third].map((lease) => lease?.fence ?? Number.NaN);
        expect(fences).toEqual(fences.toSorted((one, two) => one - two));
        expect(new Set(fences).size).toBe(4);
        expect(third).toMatchObject({ name: 'relay', owner: 'c' });
      }));

    it('are kept by renewing', () =>
      withState(make, async ({ state, other, advance }) => {
        const lease = await state.leases.acquire('relay', 'a', 2 * shortLife);
        if (lease === undefined) throw new Error('a free lease was refused');
        await advance(shortLife);
        const renewed = await state.leases.renew(lease, longLife);
        expect(renewed).toMatchObject({ name: 'relay', owner: 'a', fence: lease.fence });
        expect(renewed?.expiresAt).toBeGreaterThan(lease.expiresAt);
        await advance(shortLife + 100);
        expect(await other.leases.acquire('relay', 'b', longLife)).toBeUndefined();
      }));

    it('cannot be renewed or given back by a holder of before', () =>
      withState(make, async ({ state, other, advance }) => {
        const old = await state.leases.acquire('relay', 'a', shortLife);
        if (old === undefined) throw new Error('a free lease was refused');
        await advance(shortLife + 100);
        expect(await state.leases.renew(old, longLife)).toBeUndefined();
        const next = await other.leases.acquire('relay', 'b', longLife);
        expect(await state.leases.renew(old, longLife)).toBeUndefined();
        await state.leases.release(old);
        expect(await state.leases.acquire('relay', 'c', longLife)).toBeUndefined();
        expect(next && (await other.leases.renew(next, longLife))).toBeDefined();
      }));

    it('cannot be renewed or given back by the same owner under a fence of before', () =>
      withState(make, async ({ state }) => {
        const old = await state.leases.acquire('relay', 'a', longLife);
        const current = await state.leases.acquire('relay', 'a', longLife);
        if (old === undefined || current === undefined) throw new Error('the owner was refused its own lease');
        expect(await state.leases.renew(old, longLife)).toBeUndefined();
        await state.leases.release(old);
        expect(await state.leases.acquire('relay', 'b', longLife)).toBeUndefined();
        expect(await state.leases.renew(current, longLife)).toBeDefined();
      }));
  });
};
