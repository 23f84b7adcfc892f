import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from '@gatehouse/test-servers';

/** Everything written so far, once it matches; a process is often reachable before it has said so. */
export const untilOutput = async (process: RunningProcess, pattern: RegExp, timeoutMs = 10_000): Promise<string> => {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const output = process.output();
    if (pattern.test(output)) return output;
    if (Date.now() > until) throw new Error(`no ${pattern} in ${timeoutMs} ms:\n${output}`);
    await delay(20);
  }
};
