import type { RefusalCode } from '@gatehouse/contracts';
import type { LoginAttempt } from '@gatehouse/login-state';
import { gatewayActor } from '../facts.ts';
import type { LoginDeps } from './login-deps.ts';
import { isMendedByStartingAgain, type LoginRefusal } from './login-refusal.ts';

/** A refused answer as the browser is told it. */
export class RefusedLogin extends Error {
  override readonly name = 'RefusedLogin';
  readonly code: RefusalCode;
  readonly reference: string;
  readonly startAgain: boolean;
  /** Where to try again, when the answer named an attempt. */
  readonly loginAddress: string | undefined;
  constructor(refusal: LoginRefusal, reference: string, loginAddress: string | undefined) {
    super(refusal.message, { cause: refusal });
    this.code = refusal.code;
    this.reference = reference;
    this.startAgain = isMendedByStartingAgain(refusal.code);
    this.loginAddress = loginAddress;
  }
}

/** How much is known of a refused answer. */
export interface RefusedAnswer {
  readonly ip: string;
  readonly traceparent: string;
  readonly attempt: LoginAttempt | undefined;
  /** Whether it answers a live attempt of the browser that brought it. Only then it becomes a fact: anybody can post. */
  readonly isOwn: boolean;
}

/** Facts that one attempt can make at most: enough for a person who tries, too few to fill a log. */
const mostRecorded = 20;
const longestDetail = 500;

const loginAddressOf = (
  { projection, addresses }: LoginDeps,
  attempt: LoginAttempt | undefined,
): string | undefined => {
  const connector = attempt === undefined ? undefined : projection.connector(attempt.connectorId)?.connector;
  if (attempt === undefined || connector === undefined) return undefined;
  const address = addresses.loginAddress(connector.reference);
  return attempt.returnTo === '/' ? address : `${address}?return_to=${encodeURIComponent(attempt.returnTo)}`;
};

const recordRefusal = async (
  { loginState, facts }: LoginDeps,
  refusal: LoginRefusal,
  reference: string,
  attempt: LoginAttempt,
  traceparent: string,
): Promise<boolean> => {
  const { code, detail } = refusal;
  const data = {
    attemptId: attempt.id,
    connectorId: attempt.connectorId,
    code,
    reference,
    ...(detail === undefined ? {} : { detail: detail.slice(0, longestDetail) }),
  };
  const outcome = await loginState.recordRefusal(attempt.handle, mostRecorded, (refusalsSoFar) => [
    facts.loginFailed(refusalsSoFar + 1, data, { actor: gatewayActor, traceparent }),
  ]);
  return outcome === 'recorded';
};

/** Counts, records and logs a refusal. The attempt stays as it was. @returns the error to answer with */
export const refuse = async (deps: LoginDeps, refusal: LoginRefusal, answer: RefusedAnswer): Promise<RefusedLogin> => {
  const { ids, metrics, rateLimits, logger } = deps;
  const { ip, attempt, isOwn, traceparent } = answer;
  const reference = ids.refusalReference();
  rateLimits.refused(ip, attempt?.connectorId ?? '');
  let recorded = false;
  try {
    recorded = isOwn && attempt !== undefined && (await recordRefusal(deps, refusal, reference, attempt, traceparent));
  } catch (error) {
    logger.warn({ err: error, reference }, 'login refusal could not be recorded');
  }
  metrics.loginRefused(refusal.code, recorded);
  logger.info(
    {
      refusal: refusal.code,
      detail: refusal.detail,
      reference,
      attemptId: attempt?.id,
      connectorId: attempt?.connectorId,
      startTraceparent: attempt?.traceparent,
      recorded,
    },
    'login refused',
  );
  return new RefusedLogin(refusal, reference, loginAddressOf(deps, attempt));
};
