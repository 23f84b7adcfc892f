import type { Leases, LogRecord, Outbox } from '@gatehouse/event-log';

/** A login under way: what was promised to the browser when it was sent to the identity provider. */
export interface LoginAttempt {
  readonly id: string;
  /** Unguessable name of the attempt that travels through the identity provider (RelayState, `state`); the attempt is read by it. */
  readonly handle: string;
  readonly connectorId: string;
  readonly connectorVersion: number;
  /** SHA-256, base64url, of the browser's binding cookie. */
  readonly browserHash: string;
  /** Where the browser goes afterwards: a path on the base URL, or an absolute address on an allowed origin. */
  readonly returnTo: string;
  /** Protocol state: the AuthnRequest's ID. */
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly expiresAt: number;
  readonly traceparent?: string | undefined;
  /** Session that the browser had at the start: the cross-site answer does not bring its cookie. Ended when the login succeeds. */
  readonly replacesSessionId?: string | undefined;
}

export type SessionKind = 'user' | 'administrator';

/** A session as it is stored; the token itself never is. */
export interface SessionRecord {
  readonly kind: SessionKind;
  /** Public id, `ses_…`; what lists and facts name. */
  readonly id: string;
  /** SHA-256, base64url, of the cookie's token. */
  readonly tokenHash: string;
  /** `usr_…` or `adm_…`. */
  readonly principalId: string;
  /** Absent for administrators. */
  readonly connectorId?: string | undefined;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** Ends when not used for this long. */
  readonly idleMs: number;
  /** Ends then in any case. */
  readonly expiresAt: number;
  /** Bounded facts about it that its readers know: csrf token, user agent, IdP's session index. */
  readonly data: Readonly<Record<string, string>>;
}

/** The one atomic step that makes a login count. All of it happens, or nothing. */
export interface CompleteLogin {
  readonly attemptHandle: string;
  /** Claimed until `until` (epoch ms): the assertion's id within its issuer. */
  readonly claim?: { readonly key: string; readonly until: number } | undefined;
  readonly session: SessionRecord;
  /** A session of the same browser that the new one replaces; ended in the same step. */
  readonly replaces?: { readonly sessionId: string; readonly facts: readonly LogRecord[] } | undefined;
  /** A single-use value made in the same step: the return code of an application on another origin. */
  readonly put?: { readonly key: string; readonly value: string; readonly until: number } | undefined;
  /**
   * `sequence` of the login's facts goes on after the attempt's refusals: made by the caller from the number given. May be called again
   * with another number; the facts of the last call are the ones that count.
   */
  facts(refusalsSoFar: number): readonly LogRecord[];
}

export type CompleteOutcome = 'completed' | 'attempt_used' | 'attempt_unknown' | 'replayed' | 'facts_full';

export interface DenyMark {
  /** One of `denySubjects`. */
  readonly subject: string;
  /** Denied until a projection has the aggregate at this version. */
  readonly version: number;
}

/** Names under which a change denies: written with the change, read at each login and session check. */
export const denySubjects = {
  user: (userId: string): string => `user/${userId}`,
  connector: (connectorId: string): string => `connector/${connectorId}`,
  link: (userId: string, connectorId: string): string => `link/${userId}/${connectorId}`,
} as const;

/** All marks that can deny a session of this user through this connector. */
export const denySubjectsOf = (userId: string, connectorId: string): readonly string[] => [
  denySubjects.user(userId),
  denySubjects.connector(connectorId),
  denySubjects.link(userId, connectorId),
];

/** A session, and the marks that stand on its user, its connector and the link between the two. */
export interface SessionAndMarks {
  readonly session: SessionRecord;
  readonly marks: readonly DenyMark[];
}

export interface SessionQuery {
  readonly kind: SessionKind;
  readonly principalId?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Short-lived, single-use state: attempts, replay claims, sessions, single-use values, leases, deny marks, and the facts of
 * logins. Everything expires by itself. On any `state_unavailable` the caller refuses: an outcome that is not known is no.
 */
export interface LoginState {
  /** @throws LoginStateError `state_unavailable` (as everything here) */
  putAttempt(attempt: LoginAttempt): Promise<void>;
  /** Reads without ending it. `used` once it was completed, until it expires. */
  readAttempt(
    handle: string,
  ): Promise<{ readonly attempt: LoginAttempt; readonly used: boolean; readonly refusals: number } | undefined>;
  /**
   * Counts a refusal and appends its fact, whose sequence is made from the number of refusals so far. The attempt stays as it
   * was. `dropped` when the facts are nearly full (the last tenth is for logins), when the attempt has had `most` refusals, or when
   * it is used or gone: then nothing is counted or appended.
   */
  recordRefusal(
    handle: string,
    most: number,
    facts: (refusalsSoFar: number) => readonly LogRecord[],
  ): Promise<'recorded' | 'dropped'>;
  /**
   * Keeps a posted answer beside its attempt until `until`, at most `most` for one attempt. `full` also when all that wait
   * take as much room as the adapter gives them: anybody can post.
   */
  stashAnswer(
    stash: { readonly key: string; readonly attemptHandle: string; readonly value: string; readonly until: number },
    most: number,
  ): Promise<'kept' | 'full' | 'attempt_unknown'>;
  readStash(key: string): Promise<{ readonly attemptHandle: string; readonly value: string } | undefined>;
  completeLogin(step: CompleteLogin): Promise<CompleteOutcome>;

  /** Starts a session that comes of no attempt (administrators). @throws LoginStateError `facts_full` */
  startSession(session: SessionRecord, facts: readonly LogRecord[]): Promise<void>;
  /** By the hash of its token; undefined when ended, idle for too long or expired. */
  readSession(kind: SessionKind, tokenHash: string): Promise<SessionRecord | undefined>;
  /** `readSession` and `readDenyMarks` of what can deny it (`denySubjectsOf`), in one round trip: every session check asks this. */
  readSessionAndMarks(kind: SessionKind, tokenHash: string): Promise<SessionAndMarks | undefined>;
  readSessionById(id: string): Promise<SessionRecord | undefined>;
  /** Moves `lastSeenAt` forward; nothing happens when the session has ended. */
  touchSession(id: string, seenAt: number): Promise<void>;
  /** Newest first, by id: ids begin with the time of their making. @throws LoginStateError `cursor_invalid` for a cursor of another list */
  listSessions(
    query: SessionQuery,
  ): Promise<{ readonly items: readonly SessionRecord[]; readonly nextCursor?: string }>;
  /** Ends it and appends the facts, full or not: ending waits for nothing. False when it had ended already (then no fact). */
  endSession(id: string, facts: (session: SessionRecord) => readonly LogRecord[]): Promise<boolean>;
  /** Ends all that match, at least one of the two given (else TypeError); returns how many. */
  endSessions(
    match: {
      readonly kind: SessionKind;
      readonly principalId?: string | undefined;
      readonly connectorId?: string | undefined;
    },
    facts: (session: SessionRecord) => readonly LogRecord[],
  ): Promise<number>;

  /** Keeps a value that can be taken once before `until` (epoch ms): set-up links, return codes. */
  putOnce(key: string, value: string, until: number): Promise<void>;
  /** The value, to exactly one caller. */
  takeOnce(key: string): Promise<string | undefined>;
  /** True for exactly one caller per key until `until` (epoch ms). */
  claim(key: string, until: number): Promise<boolean>;

  /** Marks are kept until `until`; the greater version wins. */
  putDenyMarks(marks: readonly DenyMark[], until: number): Promise<void>;
  /** The marks that stand on any of these subjects. */
  readDenyMarks(subjects: readonly string[]): Promise<readonly DenyMark[]>;

  readonly leases: Leases;
  /** Facts of logins and sessions that wait to be published. */
  readonly outbox: Outbox;
  /** Deletes what has expired, at most `limit` of each kind; returns how many. Redis does it by itself and returns 0. */
  sweep(limit: number): Promise<number>;
  /** @throws LoginStateError `state_unavailable` when it does not answer or cannot take writes */
  check(): Promise<void>;
  close(): Promise<void>;
}

export const loginStateErrorCodes = ['state_unavailable', 'facts_full', 'cursor_invalid'] as const;
export type LoginStateErrorCode = (typeof loginStateErrorCodes)[number];

export class LoginStateError extends Error {
  override readonly name = 'LoginStateError';
  readonly code: LoginStateErrorCode;
  constructor(code: LoginStateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
