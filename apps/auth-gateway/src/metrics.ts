import type { RefusalCode } from '@gatehouse/contracts';
import type { AssertionWarning } from '@gatehouse/saml';
import type { Metrics } from '@gatehouse/service-kit';
import { Counter, Gauge } from 'prom-client';
import type { LimitedThing } from './limits/rate-limits.ts';

/** The gateway's own counters; labels from closed sets. */
export interface GatewayMetrics {
  loginStarted(): void;
  loginSucceeded(): void;
  loginRefused(code: RefusalCode, recorded: boolean): void;
  warned(warning: AssertionWarning): void;
  rateLimited(what: LimitedThing): void;
  /** Seconds since the projection was last known to have all that is on the log. */
  projectionAge(seconds: () => number): void;
}

export const createGatewayMetrics = ({ registry }: Pick<Metrics, 'registry'>): GatewayMetrics => {
  const registers = [registry];
  const started = new Counter({
    name: 'gatehouse_login_starts_total',
    help: 'Logins that were sent to an identity provider.',
    registers,
  });
  const succeeded = new Counter({
    name: 'gatehouse_login_successes_total',
    help: 'Logins that ended in a session.',
    registers,
  });
  const refused = new Counter({
    name: 'gatehouse_login_refusals_total',
    help: 'Refused answers by code; recorded ones have a login.failed fact.',
    labelNames: ['code', 'recorded'] as const,
    registers,
  });
  const warnings = new Counter({
    name: 'gatehouse_login_warnings_total',
    help: 'Logins that succeeded with a warning.',
    labelNames: ['warning'] as const,
    registers,
  });
  const limited = new Counter({
    name: 'gatehouse_rate_limited_total',
    help: 'Requests answered with 429.',
    labelNames: ['what'] as const,
    registers,
  });
  return {
    loginStarted: () => started.inc(),
    loginSucceeded: () => succeeded.inc(),
    loginRefused: (code, recorded) => refused.inc({ code, recorded: String(recorded) }),
    warned: (warning) => warnings.inc({ warning }),
    rateLimited: (what) => limited.inc({ what }),
    projectionAge(seconds) {
      new Gauge({
        name: 'gatehouse_projection_age_seconds',
        help: 'Time since the projection last applied a record or was seen to have all of them.',
        registers,
        collect() {
          this.set(seconds());
        },
      });
    },
  };
};
