import type { Leases } from '@gatehouse/event-log';
import { mustSkipServerTests } from '@gatehouse/test-servers';
import { describe, expect, it } from 'vitest';
import { mongoFixture } from './mongo-fixture.ts';

const skip = await mustSkipServerTests('mongo');

describe.skipIf(skip)('leases in MongoDB', () => {
  const { open, openReady, time } = mongoFixture();

  describe('leases', () => {
    const leasesOf = async (): Promise<readonly [Leases, Leases]> => {
      const [one, other] = [await openReady(), open()];
      return [one.leases, other.leases];
    };

    it('have one holder over all processes, and a fence that grows for ever', async () => {
      const [one, other] = await leasesOf();
      const first = await one.acquire('relay', 'one', 1_000);
      expect(first).toEqual({ name: 'relay', owner: 'one', fence: 1, expiresAt: time.now + 1_000 });
      expect(await other.acquire('relay', 'other', 1_000)).toBeUndefined();
      expect((await other.acquire('another', 'other', 1_000))?.fence).toBe(1);
      expect((await one.acquire('relay', 'one', 1_000))?.fence).toBe(2);
      time.now += 1_000;
      expect((await other.acquire('relay', 'other', 1_000))?.fence).toBe(3);
      expect(await one.acquire('relay', 'one', 1_000)).toBeUndefined();
    });

    it('are renewed by their holder alone, and not when they have run out', async () => {
      const [one, other] = await leasesOf();
      const first = await one.acquire('relay', 'one', 1_000);
      if (first === undefined) throw new Error('nobody else holds it');
      time.now += 500;
      const renewed = await one.renew(first, 1_000);
      expect(renewed).toEqual({ ...first, expiresAt: time.now + 1_000 });
      expect(await other.renew({ ...first, owner: 'other' }, 1_000)).toBeUndefined();
      expect(await one.renew({ ...first, fence: first.fence - 1 }, 1_000)).toBeUndefined();
      time.now += 1_000;
      expect(await one.renew(first, 1_000)).toBeUndefined();
    });

    it('are given back by their holder alone, and go on counting', async () => {
      const [one, other] = await leasesOf();
      const first = await one.acquire('relay', 'one', 1_000);
      if (first === undefined) throw new Error('nobody else holds it');
      await other.release({ ...first, owner: 'other' });
      await one.release({ ...first, fence: 0 });
      expect(await other.acquire('relay', 'other', 1_000)).toBeUndefined();
      await one.release(first);
      expect((await other.acquire('relay', 'other', 1_000))?.fence).toBe(2);
      await one.release(first);
      expect(await one.renew(first, 1_000)).toBeUndefined();
      expect(await one.acquire('relay', 'one', 1_000)).toBeUndefined();
    });

    it('go to one of many who ask at once', async () => {
      const [one, other] = await leasesOf();
      const asked = [...Array(40).keys()].map((n) => (n % 2 === 0 ? one : other).acquire('relay', `o${n}`, 1_000));
      const taken = (await Promise.all(asked)).filter((lease) => lease !== undefined);
      expect(taken.map(({ fence }) => fence)).toEqual([1]);
    });
  });
});
