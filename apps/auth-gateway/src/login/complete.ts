import { type EventData, sessionLives } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import {
  type CompleteOutcome,
  denySubjects,
  type LoginAttempt,
  LoginStateError,
  type SessionRecord,
} from '@gatehouse/login-state';
import type { AdmittedResponse, VerifiedAssertion } from '@gatehouse/saml';
import type { Cause } from '../facts.ts';
import type { UsableConnector } from '../projection/known.ts';
import { makeReturnCode } from '../sessions/return-code.ts';
import { standing } from '../sessions/standing.ts';
import { type Candidate, candidateChecks, requireUsable, runChecks } from './checks.ts';
import { type FoundUser, findUser } from './find-user.ts';
import type { LoginDeps } from './login-deps.ts';
import { LoginRefusal } from './login-refusal.ts';
import { parseReturnTo, returnAddress } from './return-to.ts';

/** An answer to a live attempt, brought by the browser that began it. */
export interface LoginInHand {
  readonly attempt: LoginAttempt;
  readonly admitted: AdmittedResponse;
  readonly traceparent: string;
  readonly userAgent: string | undefined;
  /** The session that the browser brought along, if its cookie came. */
  readonly presentSessionId: string | undefined;
}

export interface CompletedLogin {
  readonly setCookie: string;
  readonly location: string;
}

/** How long a first sign-in waits for the gateway's own view to show the binding. */
const bindingShownWithinMs = 2_000;
const longestUserAgent = 200;

const openDenials = async (deps: LoginDeps, subjects: readonly string[]): Promise<ReadonlySet<string>> => {
  const marks = await deps.loginState.readDenyMarks(subjects);
  const open = marks.filter(({ subject, version }) => deps.projection.version(subject.split('/')[1] ?? '') < version);
  return new Set(open.map(({ subject }) => subject));
};

/** Reads everything anew: a connector or user may have changed while the person was away, or while a subject was bound. */
const requireCandidate = async (
  deps: LoginDeps,
  { id: connectorId, version: verifiedBy }: UsableConnector,
  { user: { id: userId }, digest }: FoundUser,
  mayBeUnbound: boolean,
): Promise<void> => {
  const { projection } = deps;
  const { user, connector, link } = denySubjects;
  const denied = await openDenials(deps, [user(userId), connector(connectorId), link(userId, connectorId)]);
  const candidate: Candidate = {
    connectorId,
    connector: projection.connector(connectorId),
    verifiedBy,
    user: projection.user(userId),
    userId,
    digest,
    mayBeUnbound,
    denied,
  };
  runChecks(candidateChecks, candidate);
};

const bindFirstUse = async (
  deps: LoginDeps,
  connectorId: string,
  found: FoundUser,
  traceparent: string,
): Promise<void> => {
  if (found.digest === undefined) return;
  const userId = found.user.id;
  const version = await deps.bindSubject({ userId, connectorId, subjectDigest: found.digest, traceparent });
  // Late is no fault: the directory has said yes, and a link without a subject denies nobody.
  await deps.projection.waitFor(userId, version, bindingShownWithinMs);
};

/** SAML Core 2.7.2: the identity provider's session caps ours. */
const sessionEnd = (now: number, { sessionNotOnOrAfter }: VerifiedAssertion): number =>
  Math.min(now + sessionLives.user.absolute, sessionNotOnOrAfter ?? Number.POSITIVE_INFINITY);

const newSession = (
  deps: LoginDeps,
  login: LoginInHand,
  found: FoundUser,
  assertion: VerifiedAssertion,
): { readonly session: SessionRecord; readonly token: string } => {
  const now = deps.clock.now();
  // Always a fresh token: one that was in the browser before the sign-in may be known to somebody else (session fixation).
  const token = deps.ids.secret();
  const session: SessionRecord = {
    kind: 'user',
    id: deps.ids.id('session'),
    tokenHash: tokenHash(token),
    principalId: found.user.id,
    connectorId: login.attempt.connectorId,
    startedAt: now,
    lastSeenAt: now,
    idleMs: sessionLives.user.idle,
    expiresAt: sessionEnd(now, assertion),
    data: {
      ...(found.digest === undefined ? {} : { subject: found.digest }),
      ...(login.userAgent === undefined ? {} : { userAgent: login.userAgent.slice(0, longestUserAgent) }),
    },
  };
  return { session, token };
};

const replacedSession = async (deps: LoginDeps, login: LoginInHand, cause: Cause) => {
  const sessionId = login.presentSessionId ?? login.attempt.replacesSessionId;
  const old = sessionId === undefined ? undefined : await deps.loginState.readSessionById(sessionId);
  if (old === undefined) return undefined;
  return { sessionId: old.id, facts: deps.facts.sessionRevoked(old, 'replaced', cause) };
};

const refuseUnlessCompleted = (outcome: CompleteOutcome): void => {
  switch (outcome) {
    case 'completed':
      return;
    case 'replayed':
      throw new LoginRefusal('assertion_replayed');
    case 'attempt_used':
    case 'attempt_unknown':
      throw new LoginRefusal(outcome);
    case 'facts_full':
      throw new LoginStateError('facts_full', 'too many facts wait to be published');
  }
};

const succeeded = (
  login: LoginInHand,
  connector: UsableConnector,
  found: FoundUser,
  { warnings }: VerifiedAssertion,
): EventData<'login.succeeded'> => ({
  attemptId: login.attempt.id,
  connectorId: connector.id,
  connectorVersion: connector.version,
  userId: found.user.id,
  method: 'SAML_V2',
  ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
});

/** The one step that counts: attempt taken, assertion claimed, session started, facts recorded; or nothing of it. */
const takeTheStep = async (
  deps: LoginDeps,
  login: LoginInHand,
  connector: UsableConnector,
  found: FoundUser,
  assertion: VerifiedAssertion,
): Promise<CompletedLogin> => {
  const { addresses, settings, loginState, facts, cookies, endings } = deps;
  const { attempt } = login;
  const cause: Cause = { actor: `user/${found.user.id}`, traceparent: login.traceparent };
  const { session, token } = newSession(deps, login, found, assertion);
  const returnTo = parseReturnTo(attempt.returnTo, {
    origin: addresses.origin,
    allowedOrigins: settings.allowedReturnOrigins,
  }) ?? { kind: 'here', path: '/' };
  const code =
    returnTo.kind === 'elsewhere'
      ? makeReturnCode(deps, { sessionId: session.id, origin: returnTo.origin })
      : undefined;

  const outcome = await loginState.completeLogin({
    attemptHandle: attempt.handle,
    claim: {
      key: `assertion/${tokenHash(JSON.stringify([assertion.issuer, assertion.assertionId]))}`,
      until: assertion.claimUntil,
    },
    session,
    replaces: await replacedSession(deps, login, cause),
    put: code?.put,
    facts: (refusalsSoFar) => [
      facts.loginSucceeded(refusalsSoFar + 1, succeeded(login, connector, found, assertion), cause),
      facts.sessionStarted(session, cause),
    ],
  });
  refuseUnlessCompleted(outcome);
  for (const warning of assertion.warnings) deps.metrics.warned(warning);

  // A change that denies writes its mark first and then ends the sessions that it finds. Looking once more behind the step
  // leaves no moment in which a session could slip between the two.
  const question = { userId: found.user.id, connectorId: connector.id, subjectDigest: found.digest };
  const bound = deps.projection.user(found.user.id)?.links.get(connector.id)?.subjectDigest;
  const isFreed = !found.mustBind && bound !== found.digest;
  if (isFreed || (await standing(deps, question)) === undefined) {
    await endings.end(session.id, 'denied', cause);
    throw new LoginRefusal('user_not_active', `${found.user.id} was denied while the login was completed`);
  }
  return { setCookie: cookies.session.set(token), location: returnAddress(returnTo, code?.code) };
};

/**
 * Everything between an answer and a session. Changes nothing until the last step, which is one; a refusal leaves the attempt
 * as it was.
 * @throws LoginRefusal
 * @throws ProblemError `not_ready` (too many verifications), `upstream_unavailable` (a first sign-in while the directory is down)
 * @throws LoginStateError
 */
export const completeLogin = async (deps: LoginDeps, login: LoginInHand): Promise<CompletedLogin> => {
  const { projection, serviceProvider, line } = deps;
  const { attempt, admitted } = login;
  const { connectorId } = attempt;
  // The connector of now, whatever it was at the start: what an administrator changed meanwhile counts already.
  const denied = await openDenials(deps, [denySubjects.connector(connectorId)]);
  const connector = requireUsable(projection.connector(connectorId), denied.size > 0);
  const assertion = await line.run(connectorId, () =>
    serviceProvider.finish(connector.saml, admitted, { requestId: attempt.requestId }),
  );
  const found = findUser(projection, connectorId, assertion);
  await requireCandidate(deps, connector, found, found.mustBind || found.digest === undefined);
  if (found.mustBind) {
    await bindFirstUse(deps, connectorId, found, login.traceparent);
    await requireCandidate(deps, connector, found, true);
  }
  return await takeTheStep(deps, login, connector, found, assertion);
};
