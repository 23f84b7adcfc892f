import { setTimeout as delay } from 'node:timers/promises';
import type { RunningDistributed } from '@gatehouse/test-servers';

const withinMs = 40_000;

/** Repeats what is refused or cut off; only for what a script does while nothing is taken away, on a machine that may be busy. */
export const eventually = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > until) throw error;
      await delay(200);
    }
  }
};

/** The product, which is asked again when it turns a command away because it is overloaded: nothing has happened then. */
export const patient = <Product extends RunningDistributed>(product: Product): Product => ({
  ...product,
  administer: async (method, path, body, headers) => {
    const until = performance.now() + withinMs;
    for (;;) {
      const answer = await product.administer(method, path, body, headers);
      if (answer.status !== 503 || answer.body?.code !== 'not_ready' || performance.now() > until) return answer;
      await delay(200);
    }
  },
});
