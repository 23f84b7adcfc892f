import type { Clock, Ids } from '@gatehouse/contracts';
import type { LoginState } from '@gatehouse/login-state';
import type { ServiceProvider } from '@gatehouse/saml';
import type { FastifyBaseLogger } from 'fastify';
import type { Cookies } from '../cookies.ts';
import type { GatewayFacts } from '../facts.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { Projection } from '../projection/projection.ts';
import type { SessionEndings } from '../sessions/ending.ts';
import type { GatewayAddresses, GatewaySettings } from '../settings.ts';
import type { BindSubject } from './bind-subject.ts';
import type { VerificationLine } from './verification-line.ts';

/** What a login leans on. */
export interface LoginDeps {
  readonly settings: GatewaySettings;
  readonly addresses: GatewayAddresses;
  readonly cookies: Cookies;
  readonly projection: Projection;
  readonly loginState: LoginState;
  readonly serviceProvider: ServiceProvider;
  readonly bindSubject: BindSubject;
  readonly endings: SessionEndings;
  readonly facts: GatewayFacts;
  readonly line: VerificationLine;
  readonly rateLimits: RateLimits;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}
