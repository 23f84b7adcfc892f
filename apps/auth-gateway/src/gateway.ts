import type { StoreHost } from '@gatehouse/aggregate-store';
import { type Clock, type Ids, internalToken } from '@gatehouse/contracts';
import type { EventLog } from '@gatehouse/event-log';
import { createSigningKeys, type KeyRing, type SigningKeys, type VerifiedClaims } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';
import { createServiceProvider } from '@gatehouse/saml';
import {
  createCommandRunner,
  type Logger,
  type Metrics,
  type ServiceClient,
  type ServiceModule,
} from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import { accessRoutes } from './administration/access-routes.ts';
import { createAdminSessions } from './administration/admin-session.ts';
import { type AdministratorState, administratorDefinition } from './administration/administrator.ts';
import { createAdministrators } from './administration/administrators.ts';
import { type ApiKeyState, apiKeyDefinition } from './administration/api-key.ts';
import { createCallerAuth } from './administration/caller-auth.ts';
import { consoleRoutes } from './administration/console-routes.ts';
import { forwardingRoutes } from './administration/forwarding.ts';
import { createSetUpLinks } from './administration/set-up-links.ts';
import { type AuditRow, auditView, createAuditConsumer } from './audit/consumer.ts';
import { createAuditRetention } from './audit/retention.ts';
import { auditRoutes } from './audit/routes.ts';
import { createCookies } from './cookies.ts';
import { createGatewayFacts } from './facts.ts';
import { createInternalTokens } from './keys/internal-tokens.ts';
import { signingKeyFile } from './keys/signing-key-file.ts';
import { createSigningKeyStore, type SigningKeySet } from './keys/signing-key-store.ts';
import { createRateLimits } from './limits/rate-limits.ts';
import { createBindSubject } from './login/bind-subject.ts';
import type { LoginDeps } from './login/login-deps.ts';
import { loginRoutes } from './login/routes.ts';
import { createVerificationLine } from './login/verification-line.ts';
import { createGatewayMetrics } from './metrics.ts';
import { consoleFiles } from './pages/console.ts';
import { pageNotFound } from './pages/page-errors.ts';
import { createProjectionConsumer } from './projection/consumer.ts';
import { createFreshness } from './projection/freshness.ts';
import { openProjection } from './projection/projection.ts';
import { createReadiness } from './projection/readiness.ts';
import { publicRoutes } from './public-routes.ts';
import { inScope } from './scope.ts';
import { adminSessionRoutes } from './sessions/admin-routes.ts';
import { createCurrentSession } from './sessions/current-session.ts';
import { createProjectedEndings, createSessionEndings } from './sessions/ending.ts';
import { internalSessionRoutes } from './sessions/internal-routes.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { createSweep } from './sessions/sweep.ts';
import { createSessionTokens } from './sessions/tokens.ts';
import { type GatewaySettings, gatewayAddresses } from './settings.ts';
import { translateErrors } from './translated.ts';

export interface AuthGatewayDeps {
  readonly settings: GatewaySettings;
  /** Attempts, claims, sessions, single-use values, deny marks. */
  readonly loginState: LoginState;
  /** Administrators, API keys, signing keys, audit. */
  readonly storeHost: StoreHost;
  readonly log: EventLog;
  /** File of the gateway's own view of connectors and users, or `:memory:`. */
  readonly projectionPath: string;
  /** File that keeps the signing keys, sealed, for a start while the store is out of reach; without it such a start waits. */
  readonly signingKeysPath?: string | undefined;
  /** Names this gateway among several: its view is a consumer of its own. */
  readonly instance: string;
  /** Resolves when the consumer of this name has handled all that is on the log now; the host knows. */
  readonly caughtUp: (consumer: string, timeoutMs: number) => Promise<void>;
  readonly registry: ServiceClient;
  readonly directory: ServiceClient;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The module, and what only its host asks of it. */
export interface AuthGateway extends ServiceModule {
  /** A one-time link that makes the first administrator; undefined when there is one, or an admin key. */
  setupLink(): Promise<string | undefined>;
  /** Verifies the tokens with which the gateway calls the services in this process; elsewhere they use the JWKS. */
  verifyInternalToken(token: string): Promise<VerifiedClaims>;
  /** For `keys rotate`. */
  readonly signingKeys: SigningKeys;
}

export const createAuthGateway = (deps: AuthGatewayDeps): AuthGateway => {
  const { settings, loginState, storeHost, log, registry, directory, keyRing, clock, ids, logger } = deps;
  const { baseUrl, adminKey } = settings;
  const addresses = gatewayAddresses(baseUrl);
  const cookies = createCookies(addresses);
  const metrics = createGatewayMetrics(deps.metrics);
  const facts = createGatewayFacts({ clock, ids });

  const administratorStore = storeHost.aggregates<AdministratorState>('administrator');
  const apiKeyStore = storeHost.aggregates<ApiKeyState>('api-key');
  const auditRows = storeHost.views.view<AuditRow>(auditView);

  const signingKeys = createSigningKeys({
    store: createSigningKeyStore(storeHost.aggregates<SigningKeySet>('signing-keys')),
    copy: deps.signingKeysPath === undefined ? undefined : signingKeyFile(deps.signingKeysPath),
    keyRing,
    clock,
    ids,
    onCheckFailed: (error) => logger.warn({ err: error }, 'signing keys could not be checked'),
  });
  const internalTokens = createInternalTokens({ signingKeys, issuer: baseUrl, clock });
  const serviceProvider = createServiceProvider({ entityId: addresses.entityId, acsUrl: addresses.replyUrl, clock });

  const projection = openProjection(deps.projectionPath, clock);
  const projectionConsumer = createProjectionConsumer({ projection, log, clock, instance: deps.instance });
  const projectionCaughtUp = (timeoutMs: number): Promise<void> => deps.caughtUp(projectionConsumer.name, timeoutMs);
  const freshness = createFreshness({ projection, clock, caughtUp: projectionCaughtUp });
  metrics.projectionAge(() => (clock.now() - (projection.freshAt() ?? clock.now())) / 1000);

  const currentSession = createCurrentSession({ loginState, projection, cookies, clock, logger });
  const endings = createSessionEndings({ loginState, facts });
  const projectedEndings = createProjectedEndings({ projection, endings, logger });
  const tokens = createSessionTokens({
    signingKeys,
    issuer: baseUrl,
    audiences: settings.tokenAudiences,
    returnOrigins: settings.allowedReturnOrigins,
    clock,
  });

  const adminSessions = createAdminSessions({ loginState, administrators: administratorStore, cookies, clock, ids });
  const callerAuth = createCallerAuth({ apiKeys: apiKeyStore, adminSessions, currentSession, adminKey, clock });
  const administrators = createAdministrators({
    store: administratorStore,
    commands: createCommandRunner(administratorDefinition, { store: administratorStore, clock, ids }),
    loginState,
    adminSessions,
    setUpLinks: createSetUpLinks({ loginState, baseUrl, clock, ids }),
    clock,
    ids,
  });

  const retention = createAuditRetention({ view: auditRows, days: settings.auditDays, clock, logger });
  const sweep = createSweep({ loginState, logger });

  const login: LoginDeps = {
    settings,
    addresses,
    cookies,
    projection,
    loginState,
    serviceProvider,
    bindSubject: createBindSubject({ directory, internalTokens }),
    endings,
    facts,
    line: createVerificationLine(),
    rateLimits: createRateLimits({ clock, enabled: settings.rateLimit, onLimited: metrics.rateLimited }),
    metrics,
    clock,
    ids,
    logger,
  };

  const administrationRoutes = async (app: FastifyInstance): Promise<void> => {
    await inScope(app, async (scope) => {
      translateErrors(scope);
      await accessRoutes(scope, {
        origin: addresses.origin,
        cookies,
        administrators,
        administratorStore,
        apiKeyStore,
        apiKeyCommands: createCommandRunner(apiKeyDefinition, { store: apiKeyStore, clock, ids }),
        adminSessions,
        callerAuth,
        clock,
        ids,
      });
      await forwardingRoutes(scope, {
        registry,
        directory,
        internalTokens,
        callerAuth,
        projection,
        loginState,
        endings,
        clock,
      });
      await inScope(scope, async (known) => {
        known.addHook('onRequest', callerAuth.byKeyOrSession);
        consoleRoutes(known, { settings, addresses, projection, loginState });
        adminSessionRoutes(known, { loginState, projection, endings });
        auditRoutes(known, auditRows, projection);
      });
    });
  };

  return {
    name: 'auth-gateway',
    async routes(app) {
      publicRoutes(app, { serviceProvider, signingKeys });
      await loginRoutes(app, login);
      await sessionRoutes(app, {
        appName: settings.appName,
        origin: addresses.origin,
        cookies,
        loginState,
        currentSession,
        endings,
        tokens,
      });
      await administrationRoutes(app);
      await consoleFiles(app, { consoleDir: settings.consoleDir, ids });
    },
    notFound: pageNotFound(settings.appName),
    internalRoutes: (app) => internalSessionRoutes(app, { loginState, currentSession, tokens, callerAuth }),
    consumers: [projectionConsumer, createAuditConsumer(storeHost.views)],
    outboxes: [administratorStore.outbox, apiKeyStore.outbox, loginState.outbox],
    readiness: [
      // Not the store: people sign in without it, and administrators are told 503.
      { name: 'login-state', check: () => loginState.check() },
      createReadiness({
        projection,
        log,
        clock,
        maxStalenessMs: settings.maxStalenessMs,
        caughtUp: projectionCaughtUp,
      }),
    ],
    standsWithoutLog: true,
    async start() {
      await signingKeys.start();
      projectedEndings.start();
      freshness.start();
      retention.start();
      sweep.start();
    },
    async close() {
      await Promise.all([
        projectedEndings.close(),
        freshness.close(),
        retention.close(),
        sweep.close(),
        signingKeys.close(),
      ]);
      projection.close();
    },
    setupLink: async () => (adminKey === undefined ? await administrators.setupLink() : undefined),
    verifyInternalToken: (token) =>
      signingKeys.verify(token, { typ: internalToken.typ, audience: internalToken.audience, issuer: baseUrl }),
    signingKeys,
  };
};
