import { setTimeout as delay } from 'node:timers/promises';
import { administerAt, type RunningService } from '@gatehouse/test-servers';
import { type Commander, isCutOff } from '../crash/caller.ts';
import type { SeededRandom } from '../crash/seeded-random.ts';

export interface CommandTally {
  acknowledged: number;
  /** No answer, or a 503: they may have been carried out, and may still be. */
  unanswered: number;
  /** Of connectors that the directory has not heard of yet. */
  early: number;
}

export interface CommanderDeps {
  readonly gateways: readonly RunningService[];
  readonly choose: SeededRandom;
  /** Whether nothing that was sent before can still be carried out. */
  readonly isCalm: () => boolean;
  readonly fault: (line: string) => void;
  readonly tally: CommandTally;
}

/** Settles after a moment in which a dead server is not asked in a hot loop. */
const breathe = (): Promise<void> => delay(100);

/**
 * Gives commands by any gateway, while services and servers come and go. A 503 says nothing of what has become of a command,
 * and as long as it can still be carried out, what is read is no proof: it counts as cut off.
 */
export const createCommander = ({ gateways, choose, isCalm, fault, tally }: CommanderDeps): Commander => {
  const administer = gateways.map(({ port }) => administerAt(port));
  return {
    fault,
    async command(method, path, expected, { body, headers } = {}) {
      const isReading = method === 'GET';
      if (isReading && !isCalm()) return undefined;
      const answer = await choose
        .pick(administer)(method, path, body, headers)
        .catch((error: unknown) => {
          if (!isCutOff(error)) throw error;
          return undefined;
        });
      if (answer === undefined || answer.status === 503) {
        tally.unanswered++;
        if (isReading && isCalm()) fault(`${method} ${path}: ${answer?.status} ${JSON.stringify(answer?.body)}`);
        await breathe();
        return undefined;
      }
      if (isReading && !isCalm()) return undefined;
      // While the registry cannot publish, nobody else knows what it has just made.
      if (method === 'PUT' && answer.status === 404 && answer.body?.code === 'not_found' && !isCalm()) {
        tally.early++;
        return answer;
      }
      if (!isReading) tally.acknowledged++;
      if (!expected.includes(answer.status))
        fault(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    },
  };
};
