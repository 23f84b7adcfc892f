import { mustSkipServerTests } from '@gatehouse/test-servers';
import { describe, expect, it } from 'vitest';
import type { FaultTally } from './server-faults/fault-script.ts';
import { type FaultScriptName, faultScripts } from './server-faults/scripts.ts';

const run = (name: FaultScriptName): Promise<FaultTally> =>
  faultScripts[name]({ seed: 1, size: 'small', say: () => undefined });

// A script takes less than a minute; a busy machine starts servers slowly.
const limit = { timeout: 300_000 };

describe.skipIf(await mustSkipServerTests(['kafka', 'mongo', 'redis'], 'own'))('the distributed product', () => {
  it('loses nothing and uses no attempt twice while services and servers are killed and paused', limit, async () => {
    const { counts, faults } = await run('kill-and-pause');
    expect(faults).toEqual([]);
    for (const victim of ['kafka', 'mongo', 'redis', 'auth-gateway-0', 'auth-gateway-1', 'connector-registry-0']) {
      expect(counts[`kill ${victim}`], victim).toBe(1);
      expect(counts[`pause ${victim}`], victim).toBe(1);
    }
    expect(counts['commands acknowledged']).toBeGreaterThan(20);
    expect(counts.sessions).toBeGreaterThan(5);
  });

  it('fails no login while its gateways are restarted one after the other', limit, async () => {
    const { counts, faults } = await run('rolling-restart');
    expect(faults).toEqual([]);
    expect(counts.restarts).toBe(2);
    expect(counts.logins).toBeGreaterThan(10);
  });

  it('lets nothing of a relay through that wakes after another one has taken over', limit, async () => {
    const { counts, faults } = await run('late-relay');
    expect(faults).toEqual([]);
    expect(counts.takeovers).toBe(1);
  });

  it('builds a view anew before it is ready when it must not be used', limit, async () => {
    const { counts, faults } = await run('stale-views');
    expect(faults).toEqual([]);
    expect(counts).toEqual({ rebuilt: 4, 'kept, as it was good': 1 });
  });

  it('parks or passes over what must not be on its topics, and goes on', limit, async () => {
    const { counts, faults } = await run('odd-records');
    expect(faults).toEqual([]);
    expect(counts['users made afterwards']).toBe(24);
  });
});
