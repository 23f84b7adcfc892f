import { type Clock, createIds, factsTopic } from '@gatehouse/contracts';
import type { LogRecord, Outbox } from '@gatehouse/event-log';
import type { CompleteLogin, LoginAttempt, LoginState, SessionRecord } from '../login-state.ts';

/** One state, apart from every other, that the suite may open several times. */
export interface LoginStateFixture {
  /** The clock that the adapter goes by. */
  readonly clock: Clock;
  /** A handle on the state; each one as far from the others as the technology allows. */
  open(): Promise<LoginState>;
  /** Lets time pass: moves the clock, or sleeps where the server's own clock decides. */
  advance(ms: number): Promise<void>;
  /** Makes the state refuse writes until the function given back has run. */
  interrupt(): Promise<() => Promise<void>>;
  /** Removes the state, after the suite has closed its handles. */
  close(): Promise<void>;
}

export type MakeLoginState = (options: { readonly factsLimit?: number }) => Promise<LoginStateFixture>;

/** What is short-lived in a test lives this long in milliseconds: little to wait for, much to a slow machine. */
export const shortLife = 400;
/** Long enough that it does not end within a test. */
export const longLife = 600_000;

export interface Samples {
  attempt(changes?: Partial<LoginAttempt>): LoginAttempt;
  session(changes?: Partial<SessionRecord>): SessionRecord;
  /** `completeLogin` of this attempt with a new session and the two facts of a login. */
  completion(attempt: LoginAttempt, changes?: Partial<CompleteLogin>): CompleteLogin;
  refused(attempt: LoginAttempt): (refusals: number) => readonly LogRecord[];
  revoked(session: SessionRecord): readonly LogRecord[];
  /** A key that nothing else uses. */
  key(): string;
}

export interface StateUnderTest extends LoginStateFixture {
  readonly state: LoginState;
  /** A second handle on the same state. */
  readonly other: LoginState;
  readonly sample: Samples;
}

const fact = (aggregate: 'login' | 'session', type: string, key: string, sequence: number): LogRecord => ({
  topic: factsTopic(aggregate),
  key,
  value: JSON.stringify({ of: key }),
  headers: { ce_type: type, ce_subject: key, ce_sequence: String(sequence) },
});

const createSamples = (clock: Clock): Samples => {
  const ids = createIds(clock);
  const session = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
    kind: 'user',
    id: ids.id('session'),
    tokenHash: ids.secret(),
    principalId: ids.id('user'),
    connectorId: ids.id('connector'),
    startedAt: clock.now(),
    lastSeenAt: clock.now(),
    idleMs: longLife,
    expiresAt: clock.now() + longLife,
    data: { userAgent: 'Netscape "4" – ünïcode' },
    ...changes,
  });
  return {
    attempt: (changes = {}) => ({
      id: ids.id('attempt'),
      handle: ids.secret(24),
      connectorId: ids.id('connector'),
      connectorVersion: 3,
      browserHash: ids.secret(),
      returnTo: '/reports?year=2026',
      requestId: `_${ids.secret(16)}`,
      startedAt: clock.now(),
      expiresAt: clock.now() + longLife,
      ...changes,
    }),
    session,
    completion(attempt, changes = {}) {
      const started = changes.session ?? session({ connectorId: attempt.connectorId });
      return {
        attemptHandle: attempt.handle,
        claim: { key: ids.secret(), until: clock.now() + longLife },
        session: started,
        facts: (refusals) => [
          fact('login', 'login.succeeded', attempt.id, refusals + 1),
          fact('session', 'session.started', started.id, 1),
        ],
        ...changes,
      };
    },
    refused: (attempt) => (refusals) => [fact('login', 'login.failed', attempt.id, refusals + 1)],
    revoked: ({ id }) => [fact('session', 'session.revoked', id, 2)],
    key: () => ids.secret(),
  };
};

/** Runs `test` on a state of its own with two handles, and closes everything afterwards. */
export const withState = async (
  make: MakeLoginState,
  test: (under: StateUnderTest) => Promise<void>,
  options: { readonly factsLimit?: number } = {},
): Promise<void> => {
  const fixture = await make(options);
  const handles: LoginState[] = [];
  const open = async (): Promise<LoginState> => {
    const handle = await fixture.open();
    handles.push(handle);
    return handle;
  };
  try {
    await test({
      clock: fixture.clock,
      advance: (ms) => fixture.advance(ms),
      interrupt: () => fixture.interrupt(),
      close: () => fixture.close(),
      open,
      state: await open(),
      other: await open(),
      sample: createSamples(fixture.clock),
    });
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
    await fixture.close();
  }
};

/** Everything that waits, in order, `pageSize` at a time; marked as sent. */
export const drain = async (outbox: Outbox, pageSize = 100): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = [];
  for (;;) {
    const entries = await outbox.pending(pageSize);
    if (entries.length === 0) return records;
    records.push(...entries.map(({ record }) => record));
    await outbox.markSent(entries.map(({ position }) => position));
  }
};

/** `login.failed 1`: type and sequence of each record. */
export const told = (records: readonly LogRecord[]): readonly string[] =>
  records.map(({ headers }) => `${headers.ce_type} ${headers.ce_sequence}`);

export const count = <T>(values: readonly T[], wanted: T): number => values.filter((value) => value === wanted).length;
