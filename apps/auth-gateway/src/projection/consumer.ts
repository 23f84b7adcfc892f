import { type Clock, connectorStateTopic, tombstoneDelayMs, topics, userStateTopic } from '@gatehouse/contracts';
import type { Consumer, EventLog } from '@gatehouse/event-log';
import type { Projection } from './projection.ts';

export const projectionTopics = [connectorStateTopic, userStateTopic] as const;

/** Half of the time that tombstones are kept: a view that is older could miss deletions for good. */
const oldestMs = (topics.find(({ name }) => name === connectorStateTopic)?.retentionMs ?? 7 * tombstoneDelayMs) / 2;

/**
 * Feeds the projection from the state topics. Before records are read, the view is thrown away when it was built from another
 * log, is too old, or its positions are no longer on the log; while the log is out of reach it is used as it is.
 */
export const createProjectionConsumer = (deps: {
  readonly projection: Projection;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Names this gateway's own consumer group. */
  readonly instance: string;
}): Consumer => {
  const { projection, log, clock, instance } = deps;

  const forgetWhenTooOld = (): void => {
    const freshAt = projection.freshAt();
    if (freshAt !== undefined && clock.now() - freshAt > oldestMs) projection.clear();
  };

  return {
    name: `gatehouse-gateway-${instance}`,
    kind: 'projection',
    topics: projectionTopics,
    async positions() {
      const identity = await log.identity(projectionTopics);
      forgetWhenTooOld();
      projection.adopt(identity);
      return projection.positions();
    },
    async apply(batch) {
      projection.apply(batch);
    },
    // What was deleted from the log before it was read may have been the news of a deletion.
    async onGap() {
      projection.clear();
    },
    // A suspension that cannot be read must not leave the user signed in.
    async onParked(keys) {
      projection.forget(keys);
    },
  };
};
