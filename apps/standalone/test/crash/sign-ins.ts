import { setTimeout as delay } from 'node:timers/promises';
import { postAnswer, type StartedLogin, startLogin } from '@gatehouse/test-servers';
import type { Caller } from './caller.ts';
import type { Kind } from './kinds.ts';
import type { SeededRandom } from './seeded-random.ts';

interface Login {
  readonly started: StartedLogin;
  readonly response: string;
  /** Cookie headers of the sessions that it was answered with. */
  readonly sessions: string[];
  /** A post was cut off: it may have counted. */
  maybe: boolean;
}

export interface SignInOptions {
  readonly caller: Caller;
  readonly choose: SeededRandom;
  readonly reference: string;
  /** The identity provider's answer. */
  readonly respond: (started: StartedLogin) => string;
}

export interface SignIns extends Kind {
  /** Cookie headers of all sessions that were answered. */
  sessions(): readonly string[];
  started(): number;
}

/** A login that an overloaded product did not begin is none; what else went wrong is thrown on. */
const whenOverloaded = (error: unknown): undefined => {
  if (!(error instanceof Error && error.message.startsWith('the login did not start: 503'))) throw error;
};

/** Whole logins, half of them posted twice; in the end all are posted once more. */
export const signInKind = ({ caller, choose, reference, respond }: SignInOptions): SignIns => {
  const logins: Login[] = [];
  const origin = (): string => `http://127.0.0.1:${caller.product().port}`;

  const post = async (login: Login): Promise<void> => {
    const answer = await caller.attempt(async () => {
      for (;;) {
        const tried = await postAnswer(origin(), login.started, login.response);
        // Overloaded; the attempt lives on.
        if (tried.status !== 503) return tried;
        await delay(100);
      }
    });
    if (answer === undefined) {
      login.maybe = true;
      return;
    }
    if (answer.session !== undefined) login.sessions.push(answer.session);
    else if (login.sessions.length === 0 && !login.maybe)
      caller.fault(`a good login was refused: ${answer.status} ${answer.text.slice(0, 200)}`);
    if (login.sessions.length > 1) caller.fault(`an attempt gave ${login.sessions.length} sessions`);
  };
  const signIn = async (): Promise<void> => {
    const started = await caller.attempt(() => startLogin(origin(), reference)).catch(whenOverloaded);
    if (started === undefined) return;
    const login: Login = { started, response: respond(started), sessions: [], maybe: false };
    logins.push(login);
    await post(login);
    if (choose.below(2) === 0) await post(login);
  };
  return {
    shares: [{ name: 'login', weight: 8, run: signIn }],
    async settleAll() {
      for (const login of logins) await post(login);
    },
    sessions: () => logins.flatMap((login) => login.sessions),
    started: () => logins.length,
  };
};
