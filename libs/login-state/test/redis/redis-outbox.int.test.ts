import { outboxConformance } from '@gatehouse/event-log/conformance';
import { mustSkipServerTests, startRedis } from '@gatehouse/test-servers';
import { describe } from 'vitest';
import { aSession, ids, openState } from './support/logins.ts';

describe.skipIf(await mustSkipServerTests('redis'))('conformance: outbox × Redis', () => {
  outboxConformance('the login state on Redis', async () => {
    const server = await startRedis();
    const state = openState({ url: server.url, prefix: `test-${ids.hex(6)}:` });
    await state.check();
    return {
      outbox: state.outbox,
      commit: (_, record) => state.startSession(aSession(), [record]),
      async dispose() {
        await state.close();
        await server.stop();
      },
    };
  });
});
