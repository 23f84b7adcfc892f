import { setTimeout as delay } from 'node:timers/promises';
import { postAnswer, type RunningService, type StartedLogin, startLogin } from '@gatehouse/test-servers';
import { isCutOff } from '../crash/caller.ts';
import type { SeededRandom } from '../crash/seeded-random.ts';

interface Login {
  readonly started: StartedLogin;
  readonly response: string;
  /** Cookie headers of the sessions that it was answered with. */
  readonly sessions: string[];
  /** A post got no answer, or a 503: it may have counted. */
  maybe: boolean;
}

export interface SignInDeps {
  readonly gateways: readonly Pick<RunningService, 'url'>[];
  readonly choose: SeededRandom;
  readonly reference: string;
  /** The identity provider's answer. */
  readonly respond: (started: StartedLogin) => string;
  readonly fault: (line: string) => void;
}

export interface SignIns {
  /** A whole login at any gateways; its answer is often posted to all of them at once. */
  signIn(): Promise<void>;
  /** Posts every answer once more, everywhere. */
  postAgain(): Promise<void>;
  /** Cookie headers of all sessions that were answered. */
  sessions(): readonly string[];
  started(): number;
  posts(): number;
}

const hasNotStarted = (error: unknown): boolean =>
  isCutOff(error) || (error instanceof Error && error.message.startsWith('the login did not start: 503'));

export const createSignIns = ({ gateways, choose, reference, respond, fault }: SignInDeps): SignIns => {
  const logins: Login[] = [];
  let posts = 0;

  const post = async (login: Login, url: string): Promise<string | undefined> => {
    posts++;
    try {
      const answer = await postAnswer(url, login.started, login.response);
      if (answer.status === 503) login.maybe = true;
      if (answer.session !== undefined) login.sessions.push(answer.session);
      return `${answer.status} ${answer.text.slice(0, 200)}`;
    } catch (error) {
      if (!isCutOff(error)) throw error;
      login.maybe = true;
      return undefined;
    }
  };
  const postAt = async (login: Login, places: readonly { readonly url: string }[]): Promise<void> => {
    const answers = await Promise.all(places.map(({ url }) => post(login, url)));
    const { sessions, maybe, started } = login;
    if (sessions.length > 1) fault(`the attempt of ${started.requestId} gave ${sessions.length} sessions`);
    if (sessions.length === 0 && !maybe) fault(`a good login was refused: ${answers.join(', ')}`);
  };

  return {
    async signIn() {
      const started = await startLogin(choose.pick(gateways).url, reference).catch((error: unknown) => {
        if (!hasNotStarted(error)) throw error;
        return undefined;
      });
      if (started === undefined) {
        await delay(100);
        return;
      }
      const login: Login = { started, response: respond(started), sessions: [], maybe: false };
      logins.push(login);
      for (let turn = 0; turn < 3 && login.sessions.length === 0; turn++) {
        await postAt(login, choose.below(2) === 0 ? gateways : [choose.pick(gateways)]);
      }
    },
    async postAgain() {
      for (const login of logins) await postAt(login, gateways);
    },
    sessions: () => logins.flatMap((login) => login.sessions),
    started: () => logins.length,
    posts: () => posts,
  };
};
