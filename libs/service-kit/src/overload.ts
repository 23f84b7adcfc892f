import { performance } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

export interface Overload {
  /** Whether requests should be turned away now. */
  isOverloaded(): boolean;
  close(): void;
}

export interface OverloadOptions {
  readonly metrics: Metrics;
  /** A delay of the event loop above this counts as overload, in milliseconds. */
  readonly maxLagMs?: number;
  readonly sampleMs?: number;
  /** A monotonic clock in milliseconds; only tests replace it. */
  readonly elapsed?: () => number;
}

/**
 * Watches the event loop by a timer that notices how late it comes. Two late samples in a row are overload, so that one
 * long pause (a garbage collection, a laptop waking up) turns nobody away; one timely sample ends it.
 */
export const createOverload = ({
  metrics,
  maxLagMs = 500,
  sampleMs = 250,
  elapsed = () => performance.now(),
}: OverloadOptions): Overload => {
  let due = elapsed() + sampleMs;
  let lateInARow = 0;
  const timer = setInterval(() => {
    const now = elapsed();
    lateInARow = now - due > maxLagMs ? lateInARow + 1 : 0;
    due = now + sampleMs;
    metrics.overloaded.set(lateInARow >= 2 ? 1 : 0);
  }, sampleMs);
  timer.unref();
  return { isOverloaded: () => lateInARow >= 2, close: () => clearInterval(timer) };
};
