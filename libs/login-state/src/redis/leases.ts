import type { Clock } from '@gatehouse/contracts';
import type { Leases } from '@gatehouse/event-log';
import type { Connection } from './connection.ts';
import { scripts } from './scripts.ts';

/** Taken and renewed lastingly: after a failover no second holder begins while the first may act, and no fence comes twice. */
export const redisLeases = (connection: Connection, prefix: string, clock: Clock): Leases => ({
  async acquire(name, owner, lifeMs) {
    const now = clock.now();
    const expiresAt = now + lifeMs;
    const fence = await connection.scriptLasting(scripts.acquireLease, [prefix, now, name, owner, expiresAt]);
    return typeof fence === 'string' ? { name, owner, fence: Number(fence), expiresAt } : undefined;
  },
  async renew(lease, lifeMs) {
    const now = clock.now();
    const expiresAt = now + lifeMs;
    const { name, owner, fence } = lease;
    const renewed = await connection.scriptLasting(scripts.renewLease, [prefix, now, name, owner, fence, expiresAt]);
    return renewed === 1 ? { ...lease, expiresAt } : undefined;
  },
  async release({ name, owner, fence }) {
    await connection.script(scripts.releaseLease, [prefix, clock.now(), name, owner, fence]);
  },
});
