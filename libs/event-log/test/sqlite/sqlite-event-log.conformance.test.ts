import { openDatabase } from '@gatehouse/sqlite';
import {
  consumerConformance,
  deadLettersConformance,
  eventLogConformance,
  outboxConformance,
} from '../../src/conformance/index.ts';
import { outboxMigration, sqliteEventLog, sqliteOutbox } from '../../src/sqlite/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const clock = { now: () => Date.now() };

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

const temporaryLog = async () => {
  const log = sqliteEventLog({ path: ':memory:', clock });
  return { log, deadLetters: log.deadLetters, dispose: () => log.close() };
};

deadLettersConformance('sqliteEventLog', temporaryLog);
consumerConformance('sqliteEventLog', temporaryLog);

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
