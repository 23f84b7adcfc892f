import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { connectorStateTopic, userStateTopic } from '@gatehouse/contracts';
import { type RunningDistributed, type RunningService, startDistributed, startLogin } from '@gatehouse/test-servers';
import kafkajs from 'kafkajs';
import { type SeededRandom, seededRandom } from '../crash/seeded-random.ts';
import { createSigner, type Signer } from '../support/signer.ts';
import type { FaultScript } from './fault-script.ts';
import { copyOf } from './own-servers.ts';
import { eventually, patient } from './patience.ts';

const sizes = { small: { rounds: 1 }, full: { rounds: 4 } } as const;

const reference = 'stale';
const ghost = 'ghost';
const day = 86_400_000;
const deletedWithinMs = 30_000;

type Change = (database: DatabaseSync, choose: SeededRandom) => void;

/** What can have become of a view while its gateway was away. */
const changes: Readonly<Record<string, Change>> = {
  'older than half the life of tombstones': (database, choose) => {
    const age = Math.ceil(3.5 * day) + 3_600_000 * (1 + choose.below(1_000));
    database.prepare('UPDATE freshness SET applied_at = applied_at - ?').run(age);
  },
  'a position past the end': (database, choose) => {
    database.prepare('UPDATE positions SET next = next + ?').run(1_000 + choose.below(1_000_000));
  },
  'of another log': (database) => {
    database.exec(`UPDATE log SET identity = '{"logId":"another","topicIds":{}}'`);
  },
};

/**
 * Leaves in a stopped gateway's view a connector that no topic tells of any more, as one that was deleted long ago would be, and
 * makes the view such as must not be used: too old, of another log, of topics made anew, or at positions that are not there. At
 * the moment of readiness the connector must be gone and everything else be there.
 */
export const staleViews: FaultScript = async ({ seed, size, say }) => {
  const product = patient(await startDistributed({ copies: { 'auth-gateway': 1 } }));
  try {
    const faults: string[] = [];
    const choose = seededRandom(seed);
    const signer = await createSigner(product, reference);
    await eventually(() => signer.signIn(product));
    const gateway = copyOf(product, 'auth-gateway', 0);
    const counts = { rebuilt: 0, 'kept, as it was good': 0 };

    const expectRebuilt = async (name: string): Promise<void> => {
      say(name);
      const [gone, there] = [await begins(gateway, ghost), await begins(gateway, reference)];
      if (gone) faults.push(`${name}: ready with what is not on the log`);
      if (!there) faults.push(`${name}: ready without what is on the log`);
      await eventually(() => signer.signIn(product));
      if (gone && !(await begins(gateway, ghost))) say('gone a moment later');
      if (!gone && there) counts.rebuilt++;
    };

    for (let round = 0; round < sizes[size].rounds; round++) {
      // Shows that the ghost is seen at all: a good view is used as it is.
      await gateway.process.stop();
      haunt(gateway, signer, () => undefined);
      await gateway.start();
      if (await begins(gateway, ghost)) counts['kept, as it was good']++;
      else faults.push('a good view was thrown away');
      for (const [name, change] of Object.entries(changes)) {
        await gateway.process.stop();
        haunt(gateway, signer, (database) => change(database, choose));
        await gateway.start();
        await expectRebuilt(name);
      }
      for (const { process } of product.services) await process.stop();
      haunt(gateway, signer, () => undefined);
      await loseTopics(product);
      await product.command('topics', 'apply');
      await product.command('republish');
      await Promise.all(product.services.map((service) => service.start()));
      await expectRebuilt('topics made anew');
    }
    return { counts, faults };
  } finally {
    await product.stop();
  }
};

/** Whether a login begins there. */
const begins = ({ url }: RunningService, address: string): Promise<boolean> =>
  startLogin(url, address).then(
    () => true,
    () => false,
  );

const haunt = ({ env }: RunningService, { connectorId }: Signer, change: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(join(env.GATEHOUSE_DATA_DIR ?? '', 'projection.db'));
  try {
    const columns = 'version, enabled, updated_at, json';
    database
      .prepare(
        `INSERT OR REPLACE INTO connectors (id, reference_key, ${columns}) SELECT 'con_ghost', ?, ${columns} FROM connectors WHERE id = ?`,
      )
      .run(ghost, connectorId);
    change(database);
  } finally {
    database.close();
  }
};

const loseTopics = async ({ env }: RunningDistributed): Promise<void> => {
  const brokers = (env.GATEHOUSE_KAFKA_BROKERS ?? '').split(',');
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const lost = [connectorStateTopic, userStateTopic].map((topic) => `${env.GATEHOUSE_KAFKA_PREFIX}${topic}`);
    await admin.deleteTopics({ topics: lost });
    const until = performance.now() + deletedWithinMs;
    while ((await admin.listTopics()).some((topic) => lost.includes(topic))) {
      if (performance.now() > until) throw new Error('the topics are still there');
      await delay(100);
    }
  } finally {
    await admin.disconnect();
  }
};
