import { type Clock, ProblemError } from '@gatehouse/contracts';
import { addressKey } from './address-key.ts';
import { createWindowCounter } from './window-counter.ts';

const minute = 60_000;

/** Requests per minute that one address may make. */
export const perMinute = { starts: 600, callbacks: 600, refusedCallbacks: 60 } as const;

/** Limits of the addresses that anybody can reach. Every method throws ProblemError `rate_limited` with `Retry-After`. */
export interface RateLimits {
  start(ip: string): void;
  callback(ip: string): void;
  /** The second half of a callback whose cookies did not come with the post. */
  continued(ip: string): void;
  /** Asked before an answer is looked at: has the address had too many refusals at this connector? */
  refusable(ip: string, connectorId: string): void;
  /** Counts a refusal; never throws. */
  refused(ip: string, connectorId: string): void;
}

export type LimitedThing = 'start' | 'callback' | 'refused_callback';

const unlimited: RateLimits = {
  start: () => {},
  callback: () => {},
  continued: () => {},
  refusable: () => {},
  refused: () => {},
};

export const createRateLimits = (options: {
  readonly clock: Clock;
  readonly enabled: boolean;
  readonly onLimited: (what: LimitedThing) => void;
}): RateLimits => {
  const { clock, enabled, onLimited } = options;
  if (!enabled) return unlimited;
  const counter = (limit: number) => createWindowCounter({ clock, limit, windowMs: minute });
  const starts = counter(perMinute.starts);
  const callbacks = counter(perMinute.callbacks);
  const continued = counter(perMinute.callbacks);
  const refusals = counter(perMinute.refusedCallbacks);
  const refusalKey = (ip: string, connectorId: string) => `${addressKey(ip)} ${connectorId}`;
  const limited = (what: LimitedThing, retryAfterSeconds: number | undefined): void => {
    if (retryAfterSeconds === undefined) return;
    onLimited(what);
    throw new ProblemError('rate_limited', { headers: { 'retry-after': String(retryAfterSeconds) } });
  };
  return {
    start: (ip) => limited('start', starts.take(addressKey(ip))),
    callback: (ip) => limited('callback', callbacks.take(addressKey(ip))),
    continued: (ip) => limited('callback', continued.take(addressKey(ip))),
    refusable: (ip, connectorId) => limited('refused_callback', refusals.retryAfter(refusalKey(ip, connectorId))),
    refused: (ip, connectorId) => refusals.add(refusalKey(ip, connectorId)),
  };
};
