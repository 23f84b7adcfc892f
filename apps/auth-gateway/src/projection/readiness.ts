import type { Clock } from '@gatehouse/contracts';
import type { ReadinessCheck } from '@gatehouse/service-kit';
import type { Projection } from './projection.ts';

/** The view is neither caught up nor young enough to be used without the log. */
export class ProjectionNotReady extends Error {
  override readonly name = 'ProjectionNotReady';
  readonly code = 'projection_behind';
}

const withinMs = 1_500;

/**
 * A latch: ready once the view has caught up with the log, or while it is warm and younger than `maxStalenessMs` although the
 * log is out of reach. Once caught up it stays ready: a gateway that has fallen behind still serves better than none, and
 * its age is a metric.
 */
export const createReadiness = (deps: {
  readonly projection: Projection;
  readonly clock: Clock;
  readonly maxStalenessMs: number;
  readonly caughtUp: (timeoutMs: number) => Promise<void>;
}): ReadinessCheck => {
  const { projection, clock, maxStalenessMs, caughtUp } = deps;
  let isCaughtUp = false;
  return {
    name: 'projection',
    async check() {
      if (isCaughtUp) return;
      try {
        await caughtUp(withinMs);
        isCaughtUp = true;
      } catch (cause) {
        const appliedAt = projection.appliedAt();
        const isWarm = appliedAt !== undefined && clock.now() - appliedAt < maxStalenessMs;
        if (!isWarm) throw new ProjectionNotReady('the view of connectors and users has not caught up', { cause });
      }
    },
  };
};
