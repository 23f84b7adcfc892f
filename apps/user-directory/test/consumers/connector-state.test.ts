import { AggregateStoreError } from '@gatehouse/aggregate-store';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { connectorStateTopic, createIds } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { type CommandRunner, createCommandRunner } from '@gatehouse/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectorStateConsumer, createConnectorStateConsumer } from '../../src/consumers/connector-state.ts';
import { linkFilter, type UserAggregate, type UserCommand, userDefinition } from '../../src/domain/user.ts';
import { connectorsView, type KnownConnector } from '../../src/known-connectors.ts';

const actor = 'system/test';

describe('following a deleted connector', () => {
  const clock = createTestClock();
  const ids = createIds(clock);
  const connectorId = ids.id('connector');
  let stores: ReturnType<typeof sqliteStoreHost>;
  let commands: CommandRunner<UserAggregate, UserCommand>;
  beforeEach(async () => {
    stores = sqliteStoreHost({ path: ':memory:', clock });
    commands = createCommandRunner(userDefinition, { store: stores.aggregates<UserAggregate>('user'), clock, ids });
    for (const name of ['a', 'b', 'c', 'd']) {
      const id = ids.id('user');
      await commands.execute({
        id,
        actor,
        command: { type: 'create', content: { username: `${name}@corp.example`, displayName: '' } },
      });
      await commands.execute({ id, actor, command: { type: 'link', connectorId, connectorReference: 'corp' } });
    }
  });
  afterEach(() => stores.close());

  const batch = {
    topic: connectorStateTopic,
    partition: 0,
    next: 7,
    messages: [
      {
        kind: 'connector-state' as const,
        topic: connectorStateTopic,
        partition: 0,
        offset: 6,
        key: connectorId,
        record: { deleted: true as const, version: 2, deletedAt: '2026-11-23T00:00:00.000Z' },
      },
    ],
  };

  it('goes on after a failure in the middle, and only then saves its position', async () => {
    const store = stores.aggregates<UserAggregate>('user');
    let calls = 0;
    const failing: CommandRunner<UserAggregate, UserCommand> = {
      async execute(request) {
        calls++;
        if (calls === 3) throw new AggregateStoreError('store_unavailable', 'the disk is full');
        return commands.execute(request);
      },
    };
    const consumer = createConnectorStateConsumer({ views: stores.views, store, commands: failing });
    await expect(consumer.apply(batch)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.count(linkFilter(connectorId))).toBe(2);
    expect(await consumer.positions()).toEqual({});
    // Nobody can be linked any more, though the round over the users is not finished.
    expect(await stores.views.view<KnownConnector>(connectorsView).get(connectorId)).toMatchObject({ deleted: true });

    await consumer.apply(batch);
    expect(await store.count(linkFilter(connectorId))).toBe(0);
    expect(await stores.views.positions(connectorStateConsumer)).toEqual({ [connectorStateTopic]: { 0: 7 } });
  });
});
