import type { Clock } from '@gatehouse/contracts';
import type { EventLog } from '@gatehouse/event-log';
import type { ReadinessCheck } from '@gatehouse/service-kit';
import { projectionTopics } from './consumer.ts';
import type { Projection } from './projection.ts';

/** The view is neither caught up nor young enough to be used without the log. */
export class ProjectionNotReady extends Error {
  override readonly name = 'ProjectionNotReady';
  readonly code = 'projection_behind';
}

const withinMs = 1_000;
const reachedWithinMs = 700;

const settledIn = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * A latch: ready once the view has caught up with the log, or once it was warm (it had caught up in an earlier life), younger
 * than `maxStalenessMs`, and the log out of reach. From then on it stays ready, also in the moments between the log's return and
 * catching up, which all gateways have at the same time: one that has fallen behind still serves better than none, deny marks
 * hold, and its age is a metric. A view that was thrown away has to catch up anew.
 */
export const createReadiness = (deps: {
  readonly projection: Projection;
  readonly log: Pick<EventLog, 'identity'>;
  readonly clock: Clock;
  readonly maxStalenessMs: number;
  readonly caughtUp: (timeoutMs: number) => Promise<void>;
}): ReadinessCheck => {
  const { projection, log, clock, maxStalenessMs, caughtUp } = deps;
  let readyAs: number | undefined;
  return {
    name: 'projection',
    async check() {
      const generation = projection.generation();
      if (readyAs === generation) return;
      const since = clock.now();
      try {
        await caughtUp(withinMs);
        readyAs = generation;
        if (projection.generation() === generation) projection.confirm(since);
      } catch (cause) {
        const confirmedAt = projection.confirmedAt();
        const isWarm = confirmedAt !== undefined && clock.now() - confirmedAt < maxStalenessMs;
        // While the log answers there is more to know than the view knows, and it will not take long.
        if (!isWarm || (await settledIn(log.identity(projectionTopics), reachedWithinMs))) {
          throw new ProjectionNotReady('the view of connectors and users has not caught up', { cause });
        }
        readyAs = generation;
      }
    },
  };
};
