import { type Clock, connectorStateTopic, tombstoneDelayMs, topics, userStateTopic } from '@gatehouse/contracts';
import type { Consumer, EventLog } from '@gatehouse/event-log';
import type { Projection } from './projection.ts';

export const projectionTopics = [connectorStateTopic, userStateTopic] as const;

/** Half of the time that tombstones are kept: a view that is older could miss deletions for good. */
const oldestMs = (topics.find(({ name }) => name === connectorStateTopic)?.retentionMs ?? 7 * tombstoneDelayMs) / 2;

/**
 * Feeds the projection from the state topics. Before the first record is read, the view is thrown away when it was built from
 * another log or is too old; while the log is out of reach it is used as it is.
 */
export const createProjectionConsumer = (deps: {
  readonly projection: Projection;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Names this gateway's own consumer group. */
  readonly instance: string;
}): Consumer => {
  const { projection, log, clock, instance } = deps;
  let isFirst = true;

  const forgetWhenTooOld = (): void => {
    const appliedAt = projection.appliedAt();
    // Only at the start: a gateway that has been reading all the time is not old, however quiet the topics are.
    if (isFirst && appliedAt !== undefined && clock.now() - appliedAt > oldestMs) projection.clear();
    isFirst = false;
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
  };
};
