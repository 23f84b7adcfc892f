import { setTimeout as delay } from 'node:timers/promises';
import type { RunningDistributed, RunningService } from '@gatehouse/test-servers';
import type { SeededRandom } from '../crash/seeded-random.ts';
import { type OwnServers, pauseService, resumeService } from './own-servers.ts';

export type Harm = 'kill' | 'pause';

/** Something that can be taken away for a while. */
interface Victim {
  readonly name: string;
  kill(): Promise<unknown>;
  /** After `kill`. */
  restart(): Promise<void>;
  pause(): unknown;
  resume(): unknown;
}

export interface OutageOptions {
  readonly product: RunningDistributed;
  readonly servers: OwnServers;
  readonly choose: SeededRandom;
  /** How long a pause lasts at least, in milliseconds. */
  readonly pauseMs: number;
  readonly say: (line: string) => void;
}

export interface Outages {
  /** How often which harm was done to whom: `kill kafka`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whether everything is there, and has been for so long that no command of before can still be carried out. */
  isCalm(): boolean;
  /** Each victim killed and paused once, alone or several at a time, brought back in any order. */
  run(): Promise<void>;
}

/** A command whose caller has gone is carried out, if ever, within this time of everything being back, in milliseconds. */
const echoMs = 6_000;

const serviceVictim = (service: RunningService): Victim => ({
  name: service.instance,
  kill: () => service.process.kill(),
  // What it needs may be away too.
  restart: () => service.start(false),
  pause: () => pauseService(service),
  resume: () => resumeService(service),
});

export const createOutages = ({ product, servers, choose, pauseMs, say }: OutageOptions): Outages => {
  const victims: readonly Victim[] = [
    ...product.services.map(serviceVictim),
    ...Object.entries(servers).map(([name, { kill, restart, pause, resume }]) => ({
      name,
      kill,
      restart,
      pause,
      resume,
    })),
  ];
  const counts: Record<string, number> = {};
  let harmed = 0;
  let calmAt = 0;

  const shuffled = <Item>(items: readonly Item[]): Item[] => {
    const left = [...items];
    const taken: Item[] = [];
    while (left.length > 0) taken.push(...left.splice(choose.below(left.length), 1));
    return taken;
  };

  const outage = async (harms: readonly { readonly victim: Victim; readonly harm: Harm }[]): Promise<void> => {
    say(harms.map(({ victim, harm }) => `${harm} ${victim.name}`).join(', '));
    harmed += 1;
    try {
      for (const { victim, harm } of harms) {
        counts[`${harm} ${victim.name}`] = (counts[`${harm} ${victim.name}`] ?? 0) + 1;
        await (harm === 'kill' ? victim.kill() : victim.pause());
        await delay(choose.below(300));
      }
      const isPause = harms.some(({ harm }) => harm === 'pause');
      await delay((isPause ? pauseMs : 300) + choose.below(1_000));
      for (const { victim, harm } of shuffled(harms)) {
        await (harm === 'kill' ? victim.restart() : victim.resume());
        await delay(choose.below(500));
      }
    } finally {
      harmed -= 1;
      calmAt = performance.now() + echoMs;
    }
  };

  return {
    counts,
    isCalm: () => harmed === 0 && performance.now() >= calmAt,
    async run() {
      const harms: readonly Harm[] = ['kill', 'pause'];
      let left = shuffled(victims.flatMap((victim) => harms.map((harm) => ({ victim, harm }))));
      while (left.length > 0) {
        // One to three at a time, nobody twice.
        const together = left
          .filter(({ victim }, at) => left.findIndex((other) => other.victim === victim) === at)
          .slice(0, 1 + choose.below(3));
        left = left.filter((one) => !together.includes(one));
        await outage(together);
        await delay(choose.below(2_000));
      }
    },
  };
};
