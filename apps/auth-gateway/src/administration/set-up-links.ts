import type { Clock, Ids } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';

/** `first`: counts only while there is no administrator. `reset`: made by an operator, counts beside others too. */
export type SetUpKind = 'first' | 'reset';

/** One-time links that make an administrator. Their tokens are stored hashed. */
export interface SetUpLinks {
  /** @param lifeMs how long the link may wait to be opened */
  make(lifeMs: number, kind?: SetUpKind): Promise<string>;
  /** What a token is good for, to exactly one caller; undefined when it is used, expired or unknown. */
  take(token: string): Promise<SetUpKind | undefined>;
  /** For a set-up that has failed after `take`. */
  giveBack(token: string, kind: SetUpKind, lifeMs: number): Promise<void>;
}

const keyOf = (token: string): string => `set-up/${tokenHash(token)}`;

export const createSetUpLinks = (deps: {
  readonly loginState: LoginState;
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly ids: Ids;
}): SetUpLinks => {
  const { loginState, baseUrl, clock, ids } = deps;
  const put = (token: string, kind: SetUpKind, lifeMs: number): Promise<void> =>
    loginState.putOnce(keyOf(token), kind, clock.now() + lifeMs);
  return {
    async make(lifeMs, kind = 'reset') {
      const token = ids.secret();
      await put(token, kind, lifeMs);
      // Behind the `#`: the token reaches no server log and no Referer.
      return `${baseUrl}/console/set-up#token=${token}`;
    },
    async take(token) {
      const kind = await loginState.takeOnce(keyOf(token));
      return kind === 'first' || kind === 'reset' ? kind : undefined;
    },
    giveBack: put,
  };
};
