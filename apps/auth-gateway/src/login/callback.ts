import { tokenHash } from '@gatehouse/keyring';
import type { LoginAttempt } from '@gatehouse/login-state';
import type { AdmittedResponse } from '@gatehouse/saml';
import { continuePath } from '../settings.ts';
import { claimChecks, runChecks } from './checks.ts';
import { type CompletedLogin, completeLogin } from './complete.ts';
import type { LoginDeps } from './login-deps.ts';
import { LoginRefusal, toLoginRefusal } from './login-refusal.ts';
import type { PostedAnswer } from './posted-answer.ts';
import { refuse } from './refusals.ts';

/** The request that brought an answer. */
export interface Bearer {
  readonly ip: string;
  readonly cookieHeader: string | undefined;
  readonly userAgent: string | undefined;
  readonly traceparent: string;
}

/** `continue`: the browser must come back by GET, with the cookies that do not come with a cross-site POST. */
export type CallbackOutcome =
  | ({ readonly kind: 'completed' } & CompletedLogin)
  | { readonly kind: 'continue'; readonly location: string };

interface Named {
  readonly attempt: LoginAttempt;
  readonly used: boolean;
}

const stashLifeMs = 60_000;
/** For one attempt: a second try of the browser, and one to spare. */
const mostStashed = 3;
const handlePattern = /^[A-Za-z0-9_-]{43}$/;

const readAttempt = async ({ loginState }: LoginDeps, handle: string | undefined): Promise<Named | undefined> =>
  handle !== undefined && handlePattern.test(handle) ? await loginState.readAttempt(handle) : undefined;

/** An answer that names none of our attempts: what an identity provider starts by itself has a code of its own. */
const unknownAttempt = (deps: LoginDeps, samlResponse: string): LoginRefusal => {
  const { inResponseTo } = deps.serviceProvider.admit(samlResponse);
  return new LoginRefusal(inResponseTo === undefined ? 'saml_unsolicited' : 'attempt_unknown');
};

const presentSessionId = async (deps: LoginDeps, cookieHeader: string | undefined): Promise<string | undefined> => {
  const token = deps.cookies.session.read(cookieHeader);
  return token === undefined ? undefined : (await deps.loginState.readSession('user', tokenHash(token)))?.id;
};

/** Runs `step`; what it refuses is counted, recorded where it may be, and thrown as `RefusedLogin`. */
const refusing = async <Result>(
  deps: LoginDeps,
  bearer: Bearer,
  known: { readonly attempt?: LoginAttempt; readonly isOwn: boolean },
  step: () => Result | Promise<Result>,
): Promise<Result> => {
  try {
    return await step();
  } catch (error) {
    const refusal = toLoginRefusal(error);
    if (refusal === undefined) throw error;
    const { ip, traceparent } = bearer;
    throw await refuse(deps, refusal, { ip, traceparent, attempt: known.attempt, isOwn: known.isOwn });
  }
};

const complete = async (
  deps: LoginDeps,
  bearer: Bearer,
  { attempt, used }: Named,
  admit: () => AdmittedResponse,
): Promise<CallbackOutcome> => {
  const { cookieHeader, userAgent, traceparent } = bearer;
  await refusing(deps, bearer, { attempt, isOwn: false }, () =>
    runChecks(claimChecks, { attempt, used, cookieHeader, cookies: deps.cookies }),
  );
  return await refusing(deps, bearer, { attempt, isOwn: true }, async () => {
    const sessionId = await presentSessionId(deps, cookieHeader);
    const login = { attempt, admitted: admit(), traceparent, userAgent, presentSessionId: sessionId };
    const completed = await completeLogin(deps, login);
    deps.metrics.loginSucceeded();
    return { kind: 'completed', ...completed };
  });
};

/**
 * Keeps the answer beside its attempt until the browser comes back with its cookies. Nothing is known yet of the browser, so
 * whatever is refused here is no fact.
 */
const stash = async (deps: LoginDeps, { attempt, used }: Named, samlResponse: string): Promise<CallbackOutcome> => {
  const { serviceProvider, loginState, ids, clock } = deps;
  if (used) throw new LoginRefusal('attempt_used');
  serviceProvider.admit(samlResponse);
  const key = ids.secret();
  const kept = await loginState.stashAnswer(
    { key, attemptHandle: attempt.handle, value: samlResponse, until: clock.now() + stashLifeMs },
    mostStashed,
  );
  if (kept === 'full') throw new LoginRefusal('too_many_pending');
  if (kept === 'attempt_unknown') throw new LoginRefusal('attempt_unknown');
  return { kind: 'continue', location: `${continuePath}?answer=${key}` };
};

/**
 * `POST /api/sso/login/callback`: the attempt is read, not ended. With the browser's cookie everything happens here; without
 * it the browser is sent on to `continueCallback`.
 * @throws RefusedLogin; ProblemError `rate_limited` and what `completeLogin` throws
 */
export const receiveAnswer = async (
  deps: LoginDeps,
  answer: PostedAnswer,
  bearer: Bearer,
): Promise<CallbackOutcome> => {
  const { rateLimits, cookies, serviceProvider } = deps;
  rateLimits.callback(bearer.ip);
  const named = await readAttempt(deps, answer.relayState);
  rateLimits.refusable(bearer.ip, named?.attempt.connectorId ?? '');
  if (named === undefined) {
    return await refusing(deps, bearer, { isOwn: false }, () => {
      throw unknownAttempt(deps, answer.samlResponse);
    });
  }
  if (cookies.browser.read(bearer.cookieHeader) === undefined) {
    return await refusing(deps, bearer, { attempt: named.attempt, isOwn: false }, () =>
      stash(deps, named, answer.samlResponse),
    );
  }
  return await complete(deps, bearer, named, () => serviceProvider.admit(answer.samlResponse));
};

/**
 * `GET /api/sso/login/callback/continue?answer=`: a top-level navigation of our own, which SameSite=Lax cookies come with.
 * A browser that brings none even now has none.
 * @throws as `receiveAnswer`
 */
export const continueCallback = async (deps: LoginDeps, key: string, bearer: Bearer): Promise<CallbackOutcome> => {
  const { rateLimits, loginState, serviceProvider } = deps;
  rateLimits.continued(bearer.ip);
  const stashed = await loginState.readStash(key);
  const named = await readAttempt(deps, stashed?.attemptHandle);
  rateLimits.refusable(bearer.ip, named?.attempt.connectorId ?? '');
  if (stashed === undefined || named === undefined) {
    return await refusing(deps, bearer, { isOwn: false }, () => {
      throw new LoginRefusal('attempt_unknown');
    });
  }
  return await complete(deps, bearer, named, () => serviceProvider.admit(stashed.value));
};
