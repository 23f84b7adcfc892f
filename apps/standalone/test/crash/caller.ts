import { setTimeout as delay } from 'node:timers/promises';
import type { AdministrationAnswer, RunningStandalone } from '@gatehouse/test-servers';

export interface CommandOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How workers give their commands. */
export interface Commander {
  /** Notes what must not be. */
  fault(line: string): void;
  /** One call of the administration API, undefined when it was cut off. A status that is not expected is a fault. */
  command(
    method: string,
    path: string,
    expected: readonly number[],
    options?: CommandOptions,
  ): Promise<AdministrationAnswer | undefined>;
}

/** How the workers talk to a product that may be killed at any moment. */
export interface Caller extends Commander {
  /** The process of this moment; another one after a kill. */
  product(): RunningStandalone;
  /** The result of `step`; undefined when it was cut off, and then only once the product is up again. */
  attempt<Result>(step: () => Promise<Result>): Promise<Result | undefined>;
}

export interface CallerDeps {
  readonly product: () => RunningStandalone;
  /** Settles when the product can be reached. */
  readonly up: () => Promise<void>;
  readonly fault: (line: string) => void;
  readonly tally: { acknowledged: number; unanswered: number };
}

/** A fetch that failed because nobody was there, as opposed to an answer that is wrong. */
export const isCutOff = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');

export const createCaller = ({ product, up, fault, tally }: CallerDeps): Caller => {
  const attempt: Caller['attempt'] = async (step) => {
    try {
      return await step();
    } catch (error) {
      if (!isCutOff(error)) throw error;
      tally.unanswered++;
      await delay(20);
      await up();
      return undefined;
    }
  };
  return {
    product,
    fault,
    attempt,
    async command(method, path, expected, { body, headers } = {}) {
      const answer = await attempt(async () => {
        for (;;) {
          const tried = await product().administer(method, path, body, headers);
          // Turned away at the door by a product that is overloaded: nothing has happened, and it is asked again.
          if (tried.status !== 503 || tried.body?.code !== 'not_ready') return tried;
          await delay(100);
        }
      });
      if (answer === undefined) return undefined;
      tally.acknowledged++;
      if (!expected.includes(answer.status))
        fault(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    },
  };
};
