import type { Clock } from '@gatehouse/contracts';
import type { Leases } from '@gatehouse/event-log';
import type { Database } from '@gatehouse/sqlite';
import { unavailable } from './sqlite-errors.ts';

/** Rows stay when a lease is given back, so that fences grow for ever. */
export const sqliteLeases = (database: Database, clock: Clock): Leases => {
  const take = database.prepare(`
    INSERT INTO leases (name, owner, fence, expires_at) VALUES (?1, ?2, 1, ?3)
    ON CONFLICT (name) DO UPDATE SET owner = ?2, fence = fence + 1, expires_at = ?3
    WHERE owner IS NULL OR owner = ?2 OR expires_at <= ?4
    RETURNING fence`);
  const extend = database.prepare(
    'UPDATE leases SET expires_at = ? WHERE name = ? AND owner = ? AND fence = ? AND expires_at > ?',
  );
  const free = database.prepare(
    'UPDATE leases SET owner = NULL, expires_at = 0 WHERE name = ? AND owner = ? AND fence = ?',
  );

  return {
    async acquire(name, owner, lifeMs) {
      const now = clock.now();
      const expiresAt = now + lifeMs;
      const taken = unavailable(() => take.get<{ readonly fence: number }>(name, owner, expiresAt, now));
      return taken && { name, owner, fence: taken.fence, expiresAt };
    },
    async renew(lease, lifeMs) {
      const now = clock.now();
      const expiresAt = now + lifeMs;
      const { changes } = unavailable(() => extend.run(expiresAt, lease.name, lease.owner, lease.fence, now));
      return changes === 1 ? { ...lease, expiresAt } : undefined;
    },
    async release({ name, owner, fence }) {
      unavailable(() => free.run(name, owner, fence));
    },
  };
};
