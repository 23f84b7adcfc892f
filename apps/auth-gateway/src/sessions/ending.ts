import type { LoginState } from '@gatehouse/login-state';
import type { FastifyBaseLogger } from 'fastify';
import { type Cause, type GatewayFacts, gatewayActor } from '../facts.ts';
import type { Ending } from '../projection/known.ts';
import type { Projection } from '../projection/projection.ts';

/** Why one session ended; beside these, `EndingReason`. */
export type SingleReason = 'signed_out' | 'revoked' | 'replaced' | 'denied';

export interface SessionEndings {
  /** @returns false when it had ended already */
  end(sessionId: string, reason: SingleReason, cause: Cause): Promise<boolean>;
  /** All sessions of users that match; returns how many. */
  endAll(
    match: Pick<Ending, 'userId' | 'connectorId'>,
    reason: Ending['reason'] | 'revoked',
    cause: Cause,
  ): Promise<number>;
}

export const createSessionEndings = (deps: {
  readonly loginState: LoginState;
  readonly facts: GatewayFacts;
}): SessionEndings => {
  const { loginState, facts } = deps;
  return {
    end: (sessionId, reason, cause) =>
      loginState.endSession(sessionId, (session) => facts.sessionRevoked(session, reason, cause)),
    endAll: ({ userId, connectorId }, reason, cause) =>
      loginState.endSessions({ kind: 'user', principalId: userId, connectorId }, (session) =>
        facts.sessionRevoked(session, reason, cause),
      ),
  };
};

export interface ProjectedEndings {
  start(): void;
  close(): Promise<void>;
}

const atOnce = 50;
const retryMs = 5_000;

/**
 * Ends the sessions that changes in the projection have put an end to, whichever way those changes came. What is to do is
 * stored with the change and forgotten when done, so that neither a crash nor an unavailable store loses it.
 */
export const createProjectedEndings = (deps: {
  readonly projection: Projection;
  readonly endings: SessionEndings;
  readonly logger: Pick<FastifyBaseLogger, 'warn'>;
}): ProjectedEndings => {
  const { projection, endings, logger } = deps;
  let isClosed = false;
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;

  const work = async (): Promise<void> => {
    while (!isClosed) {
      const waiting = projection.endings(atOnce);
      if (waiting.length === 0) return;
      for (const { number, userId, connectorId, reason } of waiting) {
        await endings.endAll({ userId, connectorId }, reason, { actor: gatewayActor });
        projection.ended(number);
      }
    }
  };

  const run = (): void => {
    if (isClosed || running !== undefined || projection.endings(1).length === 0) return;
    running = work().then(
      () => {
        running = undefined;
        // A change may have come in between the last look and now.
        run();
      },
      (error: unknown) => {
        running = undefined;
        logger.warn({ err: error }, 'sessions could not be ended, trying again');
        retry = setTimeout(run, retryMs).unref();
      },
    );
  };

  return {
    start() {
      projection.onApplied(run);
      run();
    },
    async close() {
      isClosed = true;
      clearTimeout(retry);
      await running;
    },
  };
};
