import { type AnyFact, type Clock, type EventData, type Ids, isoTime, sources } from '@gatehouse/contracts';
import { encodeFact, type LogRecord } from '@gatehouse/event-log';
import type { SessionRecord } from '@gatehouse/login-state';

/** Who caused a fact, and in which request. */
export interface Cause {
  /** `administrator/adm_…`, `api-key/key_…`, `user/usr_…` or `system/auth-gateway`. */
  readonly actor: string;
  readonly traceparent?: string | undefined;
}

/** The gateway itself as the actor. */
export const gatewayActor = 'system/auth-gateway';

/** Facts of logins and sessions, as records for login-state's outbox. Sequences are the callers': they know what came before. */
export interface GatewayFacts {
  loginSucceeded(sequence: number, data: EventData<'login.succeeded'>, cause: Cause): LogRecord;
  loginFailed(sequence: number, data: EventData<'login.failed'>, cause: Cause): LogRecord;
  sessionStarted(session: SessionRecord, cause: Cause): LogRecord;
  /** None for an administrator's session: only sessions of users are told of. */
  sessionRevoked(session: SessionRecord, reason: string, cause: Cause): readonly LogRecord[];
}

export const createGatewayFacts = ({ clock, ids }: { readonly clock: Clock; readonly ids: Ids }): GatewayFacts => {
  const envelope = (subject: string, sequence: number, { actor, traceparent }: Cause) => ({
    id: ids.id('event'),
    source: sources.authGateway,
    subject,
    time: isoTime(clock.now()),
    sequence,
    actor,
    ...(traceparent === undefined ? {} : { traceparent }),
  });
  const record = (fact: AnyFact): LogRecord => encodeFact(fact);
  const sessionData = ({ id, principalId, connectorId = '' }: SessionRecord) => ({
    sessionId: id,
    userId: principalId,
    connectorId,
  });

  return {
    loginSucceeded: (sequence, data, cause) =>
      record({ ...envelope(data.attemptId, sequence, cause), type: 'login.succeeded', data }),
    loginFailed: (sequence, data, cause) =>
      record({ ...envelope(data.attemptId, sequence, cause), type: 'login.failed', data }),
    // A session starts once and ends once: its facts count 1 and 2.
    sessionStarted: (session, cause) =>
      record({ ...envelope(session.id, 1, cause), type: 'session.started', data: sessionData(session) }),
    sessionRevoked: (session, reason, cause) =>
      session.kind === 'user'
        ? [
            record({
              ...envelope(session.id, 2, cause),
              type: 'session.revoked',
              data: { ...sessionData(session), reason },
            }),
          ]
        : [],
  };
};
