import { randomBytes } from 'node:crypto';
import { mongoStoreHost } from '@gatehouse/aggregate-store/mongo';
import { systemClock, topics } from '@gatehouse/contracts';
import { createOutboxRelay, type Leases, type Outbox } from '@gatehouse/event-log';
import { kafkaEventLog } from '@gatehouse/event-log/kafka';
import { redisLoginState } from '@gatehouse/login-state/redis';
import { inParallel } from '../in-parallel.ts';
import { cpuMs } from '../process-figures.ts';
import { connectorRecords, sampleConnector, sessionStarted } from './sample-records.ts';

export interface Servers {
  readonly brokers: string;
  readonly mongodbUri: string;
  readonly redisUrl: string;
}

export interface RelayFigures {
  readonly records: number;
  /** Until all are on the log and marked, with the opening of the writer. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Of the process that relays, in milliseconds per record. */
  readonly cpuMsPerRecord: number;
}

const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };

/** Lets a relay, as a service runs it, send what waits in the outbox. */
const sendAll = async (brokers: string, outbox: Outbox, leases: Leases, records: number): Promise<RelayFigures> => {
  const waiting = await outbox.depth();
  if (waiting !== records) throw new Error(`${waiting} records wait instead of ${records}`);
  const log = kafkaEventLog({
    brokers: brokers.split(','),
    clientId: 'bench',
    prefix: `bench-${randomBytes(4).toString('hex')}.`,
    replicationFactor: 1,
    createTopics: true,
    logger: quiet,
  });
  try {
    await log.ensureTopics(topics);
    const relay = createOutboxRelay({
      outbox,
      log,
      leases,
      owner: 'bench',
      clock: systemClock,
      logger: quiet,
      timing: { pollMs: 25 },
    });
    const begun = performance.now();
    const cpu = cpuMs(process.pid);
    await relay.start();
    const isSent = await relay.drain(300_000);
    const seconds = (performance.now() - begun) / 1000;
    const used = cpuMs(process.pid) - cpu;
    await relay.close();
    if (!isSent || (await outbox.depth()) > 0) throw new Error('the relay did not send everything');
    return { records, seconds, perSecond: records / seconds, cpuMsPerRecord: used / records };
  } finally {
    await log.close();
  }
};

/** Commands' records: two for each connector, in the documents of a MongoDB. */
export const measureStoreRelay = async (servers: Servers, records: number): Promise<RelayFigures> => {
  const uri = `${servers.mongodbUri.replace(/\/$/, '')}/bench-${randomBytes(4).toString('hex')}`;
  const stores = mongoStoreHost({ uri, name: 'connector-registry', clock: systemClock });
  try {
    await stores.applyIndexes();
    const connectors = stores.aggregates('connector');
    const samples = Array.from({ length: records / 2 }, (_, number) => sampleConnector(number));
    await inParallel(samples, 8, async (connector) => {
      await connectors.save({
        id: connector.id,
        expectedVersion: 0,
        version: 1,
        state: connector,
        unique: { reference: [connector.reference] },
        listing: { sort: connector.name, text: connector.name, filters: { type: connector.type } },
        outbox: connectorRecords(connector).map((record) => ({ record })),
      });
    });
    return await sendAll(servers.brokers, connectors.outbox, stores.leases, records);
  } finally {
    await stores.close();
  }
};

/** Facts of sessions, in the stream of a Redis. */
export const measureStateRelay = async (servers: Servers, records: number): Promise<RelayFigures> => {
  const state = redisLoginState({
    url: servers.redisUrl,
    clock: systemClock,
    logger: quiet,
    prefix: `bench-${randomBytes(4).toString('hex')}:`,
  });
  try {
    const now = Date.now();
    await inParallel(Array.from({ length: records }), 8, async () => {
      const { sessionId, record } = sessionStarted();
      const session = {
        kind: 'user',
        id: sessionId,
        tokenHash: sessionId,
        principalId: 'usr_01m853qxhv2k7d6m0x4v9tq3fz',
        startedAt: now,
        lastSeenAt: now,
        idleMs: 600_000,
        expiresAt: now + 600_000,
        data: {},
      } as const;
      await state.startSession(session, [record]);
    });
    return await sendAll(servers.brokers, state.outbox, state.leases, records);
  } finally {
    await state.close();
  }
};
