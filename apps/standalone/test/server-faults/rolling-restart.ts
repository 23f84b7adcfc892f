import { setTimeout as delay } from 'node:timers/promises';
import { postAnswer, type RunningService, startDistributed, startLogin } from '@gatehouse/test-servers';
import { isCutOff } from '../crash/caller.ts';
import { type SeededRandom, seededRandom } from '../crash/seeded-random.ts';
import { createSigner } from '../support/signer.ts';
import type { FaultScript } from './fault-script.ts';
import { eventually, patient } from './patience.ts';

const sizes = {
  small: { rounds: 1, workers: 2 },
  full: { rounds: 5, workers: 8 },
} as const;

const reference = 'rolling';
/** What a preStop hook waits, so that who balances the load has seen that the gateway is going, in milliseconds. */
const preStopMs = 500;

/** What stands before gateways: sends each request to one that is ready, and to another one when the connection is refused. */
interface Balancer {
  /** Takes a gateway out, as its termination does before the process is told to stop. */
  take(gateway: RunningService): void;
  give(gateway: RunningService): void;
  any<Result>(request: (url: string) => Promise<Result>): Promise<Result>;
}

const isRefused = (error: unknown): boolean =>
  error instanceof TypeError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';

const createBalancer = (gateways: readonly RunningService[], choose: SeededRandom): Balancer => {
  const inUse = new Set(gateways);
  return {
    take: (gateway) => void inUse.delete(gateway),
    give: (gateway) => void inUse.add(gateway),
    async any(request) {
      const { url } = choose.pick([...inUse]);
      try {
        return await request(url);
      } catch (error) {
        if (!isRefused(error)) throw error;
        return await request(choose.pick([...inUse].filter((other) => other.url !== url)).url);
      }
    },
  };
};

/**
 * Restarts two gateways one after the other (SIGTERM, wait for its end, start, wait until it is ready), again and again, while
 * people sign in: each login may be begun at one gateway and ended at the other. No login may fail.
 */
export const rollingRestart: FaultScript = async ({ seed, size, say }) => {
  const { rounds, workers } = sizes[size];
  const product = patient(await startDistributed());
  try {
    const faults: string[] = [];
    const choose = seededRandom(seed);
    const balancer = createBalancer(product.gateways, choose);
    const signer = await createSigner(product, reference);
    // What was made by one gateway is known at the other a moment later.
    for (const { url } of product.gateways) await eventually(() => startLogin(url, reference));
    await eventually(() => signer.signIn(product));
    const counts = { logins: 0, restarts: 0, 'turned away for a moment': 0 };
    let isOver = false;
    /** Why gateways refused, as their logs say it. */
    const note = ({ process }: RunningService): void => {
      for (const [, code = ''] of process.output().matchAll(/"code":"([a-z_]+)"/g)) {
        reasons[`logged ${code}`] = (reasons[`logged ${code}`] ?? 0) + 1;
      }
    };
    const reasons: Record<string, number> = {};

    const login = async (): Promise<void> => {
      const started = await balancer.any((url) => startLogin(url, reference));
      const response = signer.respond(product, started);
      let answer = await balancer.any((url) => postAnswer(url, started, response));
      // Turned away because the machine is busy, with a page that asks to try again: so does the person.
      for (let turn = 0; turn < 20 && answer.status === 503; turn++) {
        counts['turned away for a moment']++;
        await delay(250);
        answer = await balancer.any((url) => postAnswer(url, started, response));
      }
      counts.logins++;
      if (answer.session === undefined) faults.push(`a login failed: ${answer.status} ${answer.text.slice(0, 200)}`);
    };
    const work = async (): Promise<void> => {
      while (!isOver) {
        await login().catch((error: unknown) => {
          const words = error instanceof Error ? `${error.message} ${isCutOff(error) ? String(error.cause) : ''}` : '';
          faults.push(`a login failed: ${words}`);
        });
        await delay(choose.below(20));
      }
    };
    const roll = async (): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        for (const gateway of product.gateways) {
          await delay(500 + choose.below(500));
          say(`restart ${gateway.instance} after ${counts.logins} logins`);
          // Kubernetes does both at the same time; requests that are under way then are the point.
          setTimeout(() => balancer.take(gateway), choose.below(preStopMs));
          await delay(preStopMs);
          const { code } = await gateway.process.stop(30_000);
          note(gateway);
          if (code !== 0) faults.push(`${gateway.instance} ended with ${code}`);
          await gateway.start();
          balancer.give(gateway);
          counts.restarts++;
        }
      }
    };
    await Promise.all([
      ...Array.from({ length: workers }, work),
      roll().finally(() => {
        isOver = true;
      }),
    ]);
    product.gateways.forEach(note);
    return { counts: { ...counts, ...reasons }, faults };
  } finally {
    await product.stop();
  }
};
