import { writeSync } from 'node:fs';
import { createIds, systemClock, topics } from '@gatehouse/contracts';
import { type Consumer, createConsumerRunner, createOutboxRelay, encodeFact } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { sqliteStoreHost } from '../../src/sqlite/index.ts';

/**
 * A service in small, run by the kill test in a process of its own: saves aggregates, relays and projects their facts, and
 * writes a line for each acknowledged save. Arguments: folder, ids of the aggregates.
 */
const [folder = '', ...aggregateIds] = process.argv.slice(2);
const nothing = (): void => {};
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const ids = createIds();

const host = sqliteStoreHost({ path: `${folder}/store.db`, clock: systemClock });
const log = sqliteEventLog({ path: `${folder}/log.db`, clock: systemClock });
const store = host.aggregates<{ readonly at: number }>('connector');
await log.ensureTopics(topics);

const relay = createOutboxRelay({ outbox: store.outbox, log, owner: 'me', clock: systemClock, logger });
const consumer: Consumer = {
  name: 'projection',
  kind: 'projection',
  topics: ['gatehouse.connector.events'],
  positions: () => host.views.positions('projection'),
  async apply({ topic, partition, messages, next }) {
    const writes = messages.flatMap((message) =>
      message.kind === 'fact'
        ? [{ view: 'seen', key: `${message.key}/${message.fact.sequence}`, row: message.fact.id, sort: message.key }]
        : [],
    );
    await host.views.apply({ writes, position: { consumer: 'projection', topic, partition, next } });
  },
};
const { deadLetters } = log;
const runner = createConsumerRunner({ consumer, log, deadLetters, logger, clock: systemClock });
await relay.start();
await runner.start();
writeSync(1, 'ready\n');

for (let n = 0; ; n++) {
  const id = aggregateIds[n % aggregateIds.length] ?? '';
  const expectedVersion = (await store.load(id))?.version ?? 0;
  const version = expectedVersion + 1;
  const record = encodeFact({
    id: ids.id('event'),
    source: '/gatehouse/connector-registry',
    type: 'connector.enabled',
    subject: id,
    time: new Date().toISOString(),
    sequence: version,
    actor: 'system/kill-test',
    data: { connectorId: id, reference: 'sample' },
  });
  const listing = { sort: id, text: id, filters: {} };
  await store.save({ id, expectedVersion, version, state: { at: n }, unique: {}, listing, outbox: [{ record }] });
  writeSync(1, `${id} ${version}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
