import { openDatabase } from '@gatehouse/sqlite';
import { temporaryFolder } from '@gatehouse/sqlite/testing';
import { describe } from 'vitest';
import {
  consumerConformance,
  deadLettersConformance,
  eventLogConformance,
  outboxConformance,
} from '../../src/conformance/index.ts';
import { outboxMigration, sqliteEventLog, sqliteOutbox } from '../../src/sqlite/index.ts';

const clock = { now: () => Date.now() };

describe('conformance: event log × SQLite', () => {
  eventLogConformance('sqliteEventLog', async () => {
    const folder = temporaryFolder();
    let path = folder.file('log.db');
    let skippedMs = 0;
    return {
      open: async () => sqliteEventLog({ path, clock: { now: () => Date.now() + skippedMs } }),
      async end(log, how) {
        if (how === 'crash') path = folder.crashImage(path);
        await log.close();
      },
      async expire(log, topics) {
        skippedMs += 1 + Math.max(...topics.map(({ retentionMs }) => retentionMs));
        await log.maintain();
      },
      dispose: async () => folder.remove(),
    };
  });
});

const temporaryLog = async () => {
  const log = sqliteEventLog({ path: ':memory:', clock });
  return { log, deadLetters: log.deadLetters, dispose: () => log.close() };
};

describe('conformance: dead letters × SQLite', () => {
  deadLettersConformance('sqliteEventLog', temporaryLog);
});

describe('conformance: consumers × SQLite', () => {
  consumerConformance('sqliteEventLog', temporaryLog);
});

describe('conformance: outbox × SQLite', () => {
  outboxConformance('sqliteOutbox', async () => {
    const database = openDatabase(':memory:', { synchronous: 'full', migrations: [outboxMigration] });
    const outbox = sqliteOutbox(database, { name: 'conformance', clock });
    return {
      outbox,
      async commit(aggregateId, record) {
        database.transaction(() => outbox.append(aggregateId, record));
        outbox.committed();
      },
      dispose: async () => database.close(),
    };
  });
});
