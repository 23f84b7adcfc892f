import { type Clock, type Ids, ProblemError } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';

const lifeMs = 60_000;
const keyOf = (code: string): string => `return-code/${tokenHash(code)}`;

interface Kept {
  readonly sessionId: string;
  readonly origin: string;
}

/** A one-time code for an application on another origin, to be stored in the step that starts the session. */
export interface ReturnCode {
  readonly code: string;
  readonly put: { readonly key: string; readonly value: string; readonly until: number };
}

export const makeReturnCode = (deps: { readonly ids: Ids; readonly clock: Clock }, kept: Kept): ReturnCode => {
  const code = deps.ids.secret();
  return { code, put: { key: keyOf(code), value: JSON.stringify(kept), until: deps.clock.now() + lifeMs } };
};

/**
 * Takes a code, which nobody can do a second time.
 * @param origin where the redeeming application says that it lives; a code that was sent elsewhere is spent and refused
 * @throws ProblemError `invalid_code`
 */
export const redeemReturnCode = async (
  loginState: LoginState,
  { code, origin }: { readonly code: string; readonly origin?: string | undefined },
): Promise<Kept> => {
  const value = await loginState.takeOnce(keyOf(code));
  const kept = value === undefined ? undefined : (JSON.parse(value) as Kept);
  if (kept === undefined || (origin !== undefined && origin !== kept.origin)) throw new ProblemError('invalid_code');
  return kept;
};
