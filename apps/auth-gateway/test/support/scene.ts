import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { type AnyFact, type Connector, createIds, factsTopic, type User } from '@gatehouse/contracts';
import { createTestClock, type TestClock } from '@gatehouse/contracts/testing';
import { decodeRecord, encodeFact } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { createKeyRing, generateMasterKey } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';
import { sqliteLoginState } from '@gatehouse/login-state/sqlite';
import { makeResponse, makeSelfSignedCertificate, makeSigningKey, type ResponseOptions } from '@gatehouse/practice-idp';
import { createHost, createLogger, createMetrics } from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import { type AuthGateway, createAuthGateway, type GatewaySettings } from '../../src/index.ts';
import { type Browser, createBrowser, type StartedLogin } from './browser.ts';
import { createOwners, type Owners } from './owners.ts';

export const adminKey = 'practice-admin-key-of-more-than-32-characters';
export const asAdmin = { authorization: `Bearer ${adminKey}`, accept: 'application/json' } as const;

/** The keys of one identity provider; making them takes a moment, so a file makes them once. */
const makeIdentity = (issuer: string) => {
  const key = makeSigningKey();
  return { issuer, key, certificate: makeSelfSignedCertificate({ key, subject: { commonName: issuer } }) };
};
export const identity = makeIdentity('https://idp.example/metadata');
export const otherIdentity = makeIdentity('https://other-idp.example/metadata');

export interface Scene {
  readonly app: FastifyInstance;
  readonly internalApp: FastifyInstance;
  readonly gateway: AuthGateway;
  readonly owners: Owners;
  readonly loginState: LoginState;
  readonly clock: TestClock;
  readonly baseUrl: string;
  /** Connector `corp` with Alice linked, connector `other` of another identity provider with Bob linked. */
  readonly corp: Connector;
  readonly other: Connector;
  readonly alice: User;
  readonly bob: User;
  browser(ip?: string): Browser;
  /** The identity provider's answer to a started login: Alice's, genuine, unless told otherwise. */
  response(login: Pick<StartedLogin, 'requestId'>, options?: Partial<ResponseOptions>): string;
  /** A whole login. */
  signIn(browser: Browser, options?: Partial<ResponseOptions>, reference?: string): Promise<void>;
  /** Everything that was published so far, in order. */
  facts(): Promise<readonly AnyFact[]>;
  /** Facts of the owners, as they stand on the log. */
  publish(...facts: readonly AnyFact[]): Promise<void>;
  /** When consumers have handled everything that is on the log now. */
  settled(): Promise<void>;
  metric(name: string): Promise<string>;
  close(): Promise<void>;
}

export interface SceneOptions {
  readonly settings?: Partial<GatewaySettings>;
  readonly loginState?: (real: LoginState) => LoginState;
}

export const createScene = async (options: SceneOptions = {}): Promise<Scene> => {
  const clock = createTestClock();
  const ids = createIds(clock);
  const settings: GatewaySettings = {
    baseUrl: 'http://localhost:3000',
    appName: 'INO cx',
    version: '0.0.0-test',
    allowedReturnOrigins: ['https://app.example'],
    tokenAudiences: ['https://api.example'],
    rateLimit: false,
    adminKey,
    maxStalenessMs: 86_400_000,
    auditDays: 400,
    ...options.settings,
  };
  const { baseUrl } = settings;
  const logger = createLogger({ level: 'silent' });
  const metrics = createMetrics({ process: false });
  const log = sqliteEventLog({ path: ':memory:', clock });
  const real = sqliteLoginState({ path: ':memory:', clock });
  const loginState = options.loginState?.(real) ?? real;
  const storeHost = sqliteStoreHost({ path: ':memory:', clock, outboxName: 'auth-gateway' });
  const host = createHost({ logger, clock, ids, metrics, log, deadLetters: log.deadLetters, owner: 'test' });

  let gateway: AuthGateway | undefined;
  const verifyInternalToken = async (token: string): Promise<unknown> => await gateway?.verifyInternalToken(token);
  const writer = await log.openWriter('owners');
  const owners = createOwners({ writer, clock, ids, baseUrl, verifyInternalToken });
  gateway = createAuthGateway({
    settings,
    loginState,
    storeHost,
    log,
    projectionPath: ':memory:',
    instance: 'test',
    caughtUp: (consumer, timeoutMs) => host.caughtUp(consumer, timeoutMs),
    registry: owners.registry,
    directory: owners.directory,
    keyRing: createKeyRing([generateMasterKey()]),
    clock,
    ids,
    logger,
    metrics,
  });
  const { app, internalApp } = await host.add(gateway, { internal: { host: '127.0.0.1', port: 0 } });
  await host.start();
  if (internalApp === undefined) throw new Error('no internal port');

  const settled = async (): Promise<void> => {
    for (const outbox of gateway.outboxes)
      while ((await outbox.depth()) > 0) await new Promise((go) => setTimeout(go, 5));
    for (const { name } of gateway.consumers) await host.caughtUp(name, 5_000);
  };

  const corp = await owners.addConnector({
    reference: 'Corp',
    saml: { issuerUrl: identity.issuer, certificates: [identity.certificate] },
  });
  const other = await owners.addConnector({
    reference: 'other',
    saml: { issuerUrl: otherIdentity.issuer, certificates: [otherIdentity.certificate] },
  });
  const alice = await owners.addUser('alice@example.com', [corp.id]);
  const bob = await owners.addUser('bob@example.com', [corp.id, other.id]);
  await settled();

  const response: Scene['response'] = ({ requestId }, overrides = {}) =>
    makeResponse({
      ...identity,
      acsUrl: `${baseUrl}/api/sso/login/callback`,
      audience: `${baseUrl}/api/saml/metadata`,
      inResponseTo: requestId,
      nameId: 'alice@example.com',
      nameIdFormat: 'emailAddress',
      clock,
      ...overrides,
    });

  return {
    app,
    internalApp,
    gateway,
    owners,
    loginState,
    clock,
    baseUrl,
    corp,
    other,
    alice,
    bob,
    browser: (ip) => createBrowser(app, baseUrl, ip),
    response,
    async signIn(browser, overrides, reference = 'corp') {
      const login = await browser.start(reference);
      const answer = await browser.answer(response(login, overrides), login.relayState);
      if (answer.statusCode !== 303) throw new Error(`sign-in answered ${answer.statusCode}: ${answer.body}`);
    },
    async facts() {
      await settled();
      const found: AnyFact[] = [];
      const topics = ['login', 'session', 'administrator', 'api-key'] as const;
      const subscription = await log.subscribe({
        group: ids.secret(8),
        topics: topics.map(factsTopic),
        positions: async () => ({}),
        async handle({ records }) {
          for (const stored of records) {
            const message = decodeRecord(stored);
            if (message.kind !== 'fact') throw new Error(`unreadable record: ${JSON.stringify(message)}`);
            found.push(message.fact);
          }
        },
      });
      await subscription.caughtUp(5_000);
      await subscription.close();
      const rank = ({ type }: AnyFact) => topics.findIndex((topic) => type.startsWith(topic));
      // Topics are read side by side; within one the order of the log stays, for the sort is stable.
      return found.sort((a, b) => a.time.localeCompare(b.time) || rank(a) - rank(b));
    },
    async publish(...facts) {
      await writer.append(facts.map(encodeFact));
    },
    settled,
    async metric(name) {
      return await metrics.registry.getSingleMetricAsString(name);
    },
    async close() {
      await host.close();
      await Promise.all([loginState.close(), storeHost.close(), log.close()]);
    },
  };
};
