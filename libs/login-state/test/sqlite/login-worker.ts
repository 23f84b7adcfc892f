/** Logs in without end on the state named by the first argument, and writes the handle of each acknowledged login. */
import { createIds, systemClock } from '@gatehouse/contracts';
import { sqliteLoginState } from '../../src/sqlite/index.ts';

const ids = createIds();
const state = sqliteLoginState({ path: process.argv[2] ?? '', clock: systemClock });
const later = systemClock.now() + 600_000;
let previous: string | undefined;

for (;;) {
  const handle = ids.secret();
  const [attemptId, sessionId, now] = [ids.id('attempt'), ids.id('session'), systemClock.now()];
  await state.putAttempt({
    id: attemptId,
    handle,
    connectorId: 'con_1',
    connectorVersion: 1,
    browserHash: 'x',
    returnTo: '/',
    requestId: '_1',
    startedAt: now,
    expiresAt: later,
  });
  const record = (key: string) => ({ topic: 't', key, value: '{}', headers: {} });
  await state.completeLogin({
    attemptHandle: handle,
    claim: { key: `claim of ${handle}`, until: later },
    session: {
      kind: 'user',
      id: sessionId,
      // The test finds everything that belongs together by the handle.
      tokenHash: handle,
      principalId: 'usr_1',
      startedAt: now,
      lastSeenAt: now,
      idleMs: 600_000,
      expiresAt: later,
      data: {},
    },
    replaces: previous === undefined ? undefined : { sessionId: previous, facts: [record(`end of ${previous}`)] },
    facts: () => [record(attemptId), record(sessionId)],
  });
  process.stdout.write(`${handle} ${attemptId} ${sessionId} ${previous ?? ''}\n`);
  previous = sessionId;
}
