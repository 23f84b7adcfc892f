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

const unlimited: RateLimits = { start: () => {}, callback: () => {}, continued: () => {}, refusable: () => {}, refused: () => {} };

const limited = (retryAfterSeconds: number | undefined): void => {
  if (retryAfterSeconds === undefined) return;
  throw new ProblemError('rate_limited', { headers: { 'retry-after': String(retryAfterSeconds) } });
};

export const createRateLimits = (options: { readonly clock: Clock; readonly enabled: boolean }): RateLimits => {
  if (!options.enabled) return unlimited;
  const counter = (limit: number) => createWindowCounter({ clock: options.clock, limit, windowMs: minute });
  const starts = counter(perMinute.starts);
  const callbacks = counter(perMinute.callbacks);
  const continued = counter(perMinute.callbacks);
  const refusals = counter(perMinute.refusedCallbacks);
  const refusalKey = (ip: string, connectorId: string) => `${addressKey(ip)} ${connectorId}`;
  return {
    start: (ip) => limited(starts.take(addressKey(ip))),
    callback: (ip) => limited(callbacks.take(addressKey(ip))),
    continued: (ip) => limited(continued.take(addressKey(ip))),
    refusable: (ip, connectorId) => limited(refusals.retryAfter(refusalKey(ip, connectorId))),
    refused: (ip, connectorId) => refusals.add(refusalKey(ip, connectorId)),
  };
};
