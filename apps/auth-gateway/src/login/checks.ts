import { denySubjects, type LoginAttempt } from '@gatehouse/login-state';
import type { Cookies } from '../cookies.ts';
import { isUsable, type KnownConnector, type KnownUser, type UsableConnector } from '../projection/known.ts';
import { requireSameBrowser } from './browser-binding.ts';
import { LoginRefusal } from './login-refusal.ts';

/** One rule of a login: returns, or throws the LoginRefusal that it is there for. */
export interface Check<Subject> {
  readonly name: string;
  run(subject: Subject): void;
}

/** The attempt that an answer names, and the browser that brought the answer. */
export interface Claimed {
  readonly attempt: LoginAttempt;
  readonly used: boolean;
  readonly cookieHeader: string | undefined;
  readonly cookies: Cookies;
}

const attemptIsNotUsed: Check<Claimed> = {
  name: 'attempt-is-not-used',
  run({ used }) {
    if (used) throw new LoginRefusal('attempt_used');
  },
};

const browserIsTheSame: Check<Claimed> = {
  name: 'browser-is-the-same',
  run: ({ cookieHeader, cookies, attempt }) => requireSameBrowser(cookieHeader, cookies, attempt),
};

/** What makes an answer one to this browser's own live attempt. Until they pass, nothing that is posted leaves a trace. */
export const claimChecks: readonly Check<Claimed>[] = [attemptIsNotUsed, browserIsTheSame];

/** Everybody whom a completed login would let in, as known at this moment. */
export interface Candidate {
  readonly connectorId: string;
  readonly connector: KnownConnector | undefined;
  /** The version by whose settings the answer was verified. */
  readonly verifiedBy: number;
  readonly user: KnownUser | undefined;
  readonly userId: string;
  /** Of the subject that was named; undefined for a transient NameID. */
  readonly digest: string | undefined;
  /** Whether the link may still be without a subject: before it is bound, or for a transient NameID. */
  readonly mayBeUnbound: boolean;
  /** Subjects of deny marks that this gateway has not caught up with. */
  readonly denied: ReadonlySet<string>;
}

const connectorIsUsable: Check<Candidate> = {
  name: 'connector-is-usable',
  run({ connectorId, connector, denied }) {
    requireUsable(connector, denied.has(denySubjects.connector(connectorId)));
  },
};

// A certificate, issuer or rule that was changed while the answer was verified counts: the next try is judged by it.
const connectorIsAsVerified: Check<Candidate> = {
  name: 'connector-is-as-verified',
  run({ connector, verifiedBy }) {
    if (connector?.version !== verifiedBy) {
      throw new LoginRefusal('connector_unavailable', 'the connector was changed while the answer was verified');
    }
  },
};

/** How the audit finds the refusal: by the user's id and by his name. */
const whoIs = ({ userId, user }: Pick<Candidate, 'userId' | 'user'>): string =>
  user?.user === undefined ? userId : `${userId}, e-mail ${user.user.username}`;

const userIsActive: Check<Candidate> = {
  name: 'user-is-active',
  run({ user, userId, denied }) {
    if (user?.user === undefined) throw new LoginRefusal('user_unknown', userId);
    const isActive = user.user.status === 'active' && !denied.has(denySubjects.user(userId));
    if (!isActive) throw new LoginRefusal('user_not_active', whoIs({ userId, user }));
  },
};

const userIsLinked: Check<Candidate> = {
  name: 'user-is-linked',
  run({ user, userId, connectorId, denied }) {
    const isLinked = user?.links.has(connectorId) === true && !denied.has(denySubjects.link(userId, connectorId));
    if (!isLinked) throw new LoginRefusal('user_not_linked', whoIs({ userId, user }));
  },
};

const subjectIsTheBoundOne: Check<Candidate> = {
  name: 'subject-is-the-bound-one',
  run({ user, userId, connectorId, digest, mayBeUnbound }) {
    const bound = user?.links.get(connectorId)?.subjectDigest;
    if (bound === undefined ? !mayBeUnbound : bound !== digest) {
      throw new LoginRefusal('subject_mismatch', whoIs({ userId, user }));
    }
  },
};

/** What must hold of user, link and connector when the session starts; run before a subject is bound and again after it. */
export const candidateChecks: readonly Check<Candidate>[] = [
  connectorIsUsable,
  connectorIsAsVerified,
  userIsActive,
  userIsLinked,
  subjectIsTheBoundOne,
];

export const runChecks = <Subject>(checks: readonly Check<Subject>[], subject: Subject): void => {
  for (const check of checks) check.run(subject);
};

/** @throws LoginRefusal `connector_unavailable` */
export const requireUsable = (connector: KnownConnector | undefined, isDenied: boolean): UsableConnector => {
  if (!isUsable(connector) || isDenied) throw new LoginRefusal('connector_unavailable');
  return connector;
};
