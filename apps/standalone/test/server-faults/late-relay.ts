import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { userStateTopic } from '@gatehouse/contracts';
import { decodeRecord, readTopics } from '@gatehouse/event-log';
import type { RunningDistributed, RunningService } from '@gatehouse/test-servers';
import { seededRandom } from '../crash/seeded-random.ts';
import { createSigner } from '../support/signer.ts';
import type { FaultScript } from './fault-script.ts';
import { copyOf, pauseService, resumeService, withOwnServers } from './own-servers.ts';
import { eventually } from './patience.ts';
import { openLogOf, readRecords } from './published-records.ts';
import { metricOf } from './service-metrics.ts';

const sizes = { small: { rounds: 1 }, full: { rounds: 6 } } as const;

const reference = 'late';
const takenOverWithinMs = 40_000;

/**
 * Stops the clock of the relay (SIGSTOP) in the middle of an append, lets another copy take over and send what is newer, and
 * wakes it: nothing of its append may come behind what is newer, and it must notice. A view built from nothing afterwards is right.
 */
export const lateRelay: FaultScript = async ({ seed, size, say }) =>
  await withOwnServers({ 'user-directory': 2, 'auth-gateway': 1 }, async (product, { kafka }) => {
    const faults: string[] = [];
    const choose = seededRandom(seed);
    const signer = await createSigner(product, reference);
    const taking = copyOf(product, 'user-directory', 0);
    const sending = copyOf(product, 'user-directory', 1);
    const counts: Record<string, number> & { takeovers: number; 'changes sent meanwhile': number } = {
      takeovers: 0,
      'changes sent meanwhile': 0,
    };
    const turn = async (status: 'active' | 'suspended'): Promise<void> => {
      const action = status === 'active' ? 'reactivate' : 'suspend';
      const answer = await product.administer('POST', `/api/users/${signer.userId}/${action}`);
      if (answer.status !== 200) faults.push(`${action}: ${answer.status} ${JSON.stringify(answer.body)}`);
    };

    for (let round = 0; round < sizes[size].rounds; round++) {
      await handOver(sending, taking, async () => {
        await turn('suspended');
        await turn('active');
      });
      // The append is on its way to a broker that does not answer yet: it is in the middle when the relay stops.
      await kafka.pause();
      await turn('suspended');
      await delay(choose.below(400));
      pauseService(sending);
      await kafka.resume();
      const wokenLines = sending.process.output().length;
      const changes = 1 + 2 * choose.below(4);
      for (let change = 0; change < changes; change++) await turn(change % 2 === 0 ? 'active' : 'suspended');
      counts['changes sent meanwhile'] += changes;
      const wanted = (await product.administer('GET', `/api/users/${signer.userId}`)).body.version;
      await untilPublished(product, signer.userId, wanted);
      say(`another relay has sent version ${wanted}, the first one wakes`);
      counts.takeovers++;
      resumeService(sending);
      const refusal = await lineOf(sending, wokenLines, /outbox was not sent|lease was lost/);
      if (refusal === undefined) faults.push('the relay that woke went on as if nothing had happened');
      else {
        const reason = /"code":"([a-z_]+)"/.exec(refusal)?.[1] ?? 'lease lost';
        counts[`woke to ${reason}`] = (counts[`woke to ${reason}`] ?? 0) + 1;
      }
      await delay(500);
    }

    const { report, stateVersions } = await readRecords(product);
    for (const { kind, topic, key, detail } of report.faults) faults.push(`${kind}: ${topic} ${key}: ${detail}`);
    const { version } = (await product.administer('GET', `/api/users/${signer.userId}`)).body;
    if (stateVersions.get(signer.userId) !== version)
      faults.push(`the state topic ends at ${stateVersions.get(signer.userId)}, the user is at ${version}`);
    await eventually(() => signer.signIn(product));
    const gateway = copyOf(product, 'auth-gateway', 0);
    await turn('suspended');
    await gateway.process.stop();
    await rm(gateway.env.GATEHOUSE_DATA_DIR ?? '', { recursive: true });
    await gateway.start();
    if (await canSignIn(() => signer.signIn(product))) faults.push('a suspended user signs in at a view built anew');
    await turn('active');
    if (!(await canSignIn(() => signer.signIn(product))))
      faults.push('an active user cannot sign in at a view built anew');
    return { counts, faults };
  });

const canSignIn = (signIn: () => Promise<string>): Promise<boolean> =>
  signIn().then(
    () => true,
    () => false,
  );

/** Hands the relay over to `holder`: the other copy, which takes the requests, is restarted and finds the lease taken. */
const handOver = async (holder: RunningService, other: RunningService, change: () => Promise<void>): Promise<void> => {
  const until = performance.now() + takenOverWithinMs;
  await other.process.stop();
  // Longer than it waits before it asks for the lease again.
  await delay(4_000);
  await other.start();
  const before = await sentBy(holder);
  await change();
  while ((await sentBy(holder)) === before) {
    if (performance.now() > until) throw new Error(`${holder.instance} did not take the relay over`);
    await delay(100);
  }
};

const sentBy = (service: RunningService): Promise<number> => metricOf(service, 'gatehouse_outbox_sent_records_total');

const untilPublished = async (product: RunningDistributed, userId: string, wanted: number): Promise<void> => {
  const log = openLogOf(product);
  const until = performance.now() + takenOverWithinMs;
  let seen = 0;
  try {
    while (seen < wanted) {
      if (performance.now() > until) throw new Error(`version ${wanted} was not published, only ${seen}`);
      await readTopics(log, {
        topics: [userStateTopic],
        key: userId,
        timeoutMs: takenOverWithinMs,
        onRecord(record) {
          const message = decodeRecord(record);
          if (message.kind === 'user-state') seen = Math.max(seen, message.record?.version ?? 0);
        },
      });
      await delay(200);
    }
  } finally {
    await log.close();
  }
};

/** The first line since then that matches, once there is one. */
const lineOf = async ({ process }: RunningService, since: number, pattern: RegExp): Promise<string | undefined> => {
  const until = performance.now() + 20_000;
  while (performance.now() < until) {
    const line = process
      .output()
      .slice(since)
      .split('\n')
      .find((one) => pattern.test(one));
    if (line !== undefined) return line;
    await delay(100);
  }
  return undefined;
};
