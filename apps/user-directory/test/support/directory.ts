import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { type Clock, type Connector, createIds, type Ids, isoTime } from '@gatehouse/contracts';
import { decodeRecord, encodeConnectorState, encodeFact, type LogRecord, type Message } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { createHost, createLogger, createMetrics } from '@gatehouse/service-kit';
import type { LightMyRequestResponse } from 'fastify';
import { connectorStateConsumer, createUserDirectory } from '../../src/index.ts';

/** A token stands for the right that it is named after (`.` for `:`). That real tokens are verified is the key ring's business. */
const claimsOf = (token: string): unknown => ({
  aud: 'gatehouse-internal',
  iss: 'http://localhost:3000',
  sub: 'administrator/adm_test',
  rights: [token.replace('.', ':')],
  exp: 2,
  iat: 1,
});

export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: 'admin' | 'read' | 'sessions:check' | 'nobody';
}

const connectorOf = (
  id: string,
  version: number,
  changes: Partial<Connector> & { readonly issuerUrl?: string },
): Connector => {
  const { issuerUrl = 'https://idp.corp/saml', ...rest } = changes;
  return {
    id,
    name: 'Corp',
    reference: 'corp',
    type: 'SAML_V2',
    enabled: true,
    version,
    loginAddress: 'http://localhost:3000/api/sso/login/corp',
    saml: {
      issuerUrl,
      endpoint: 'https://idp.corp/sso',
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      certificates: ['-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'],
      requireSignature: 'either',
      expiredCertificate: 'warn',
      certificateDetails: [],
    },
    createdAt: '2026-11-23T00:00:00.000Z',
    updatedAt: '2026-11-23T00:00:00.000Z',
    ...rest,
  };
};

/** The whole directory in its host over the embedded store and event log, in memory; the registry is played by the test. */
export const startDirectory = async (clock: Clock) => {
  const ids: Ids = createIds(clock);
  const stores = sqliteStoreHost({ path: ':memory:', clock, outboxName: 'user-directory' });
  const log = sqliteEventLog({ path: ':memory:', clock });
  const host = createHost({
    logger: createLogger({ level: 'silent' }),
    clock,
    ids,
    metrics: createMetrics({ process: false }),
    log,
    deadLetters: log.deadLetters,
    owner: 'test',
    drainMs: 300,
  });
  let feedIsDown = false;
  const directory = createUserDirectory({
    stores,
    clock,
    ids,
    verifyInternalToken: async (token) => claimsOf(token),
    connectorFeed: {
      caughtUp: (timeoutMs) =>
        feedIsDown ? Promise.reject(new Error('the log is down')) : host.caughtUp(connectorStateConsumer, timeoutMs),
    },
  });
  const { app } = await host.add(directory);
  await host.start();
  const registry = await log.openWriter('test');

  const caughtUp = async (): Promise<void> => {
    for (const consumer of directory.consumers) await host.caughtUp(consumer.name, 5_000);
  };

  return {
    directory,
    ids,
    request(
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      url: string,
      options: RequestOptions = {},
    ): Promise<LightMyRequestResponse> {
      const { body, headers = {}, as = 'admin' } = options;
      return app.inject({
        method,
        url,
        headers: { ...(as === 'nobody' ? {} : { authorization: `Bearer ${as.replace(':', '.')}` }), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      });
    },
    setFeedDown(down: boolean): void {
      feedIsDown = down;
    },
    /** The registry publishes this state; nobody waits for it. */
    async publishConnector(
      id: string,
      version: number,
      changes: Partial<Connector> & { readonly issuerUrl?: string } = {},
    ) {
      await registry.append([encodeConnectorState(id, { version, connector: connectorOf(id, version, changes) })]);
    },
    async publishDeletion(id: string, version: number): Promise<void> {
      await registry.append([encodeConnectorState(id, { deleted: true, version, deletedAt: isoTime(clock.now()) })]);
      await caughtUp();
    },
    async publishTombstone(id: string): Promise<void> {
      await registry.append([encodeConnectorState(id, undefined)]);
      await caughtUp();
    },
    async publishLogin(userId: string, connectorId: string, time: string): Promise<void> {
      const attemptId = ids.id('attempt');
      const data = { attemptId, connectorId, connectorVersion: 1, userId, method: 'SAML_V2' as const };
      const source = '/gatehouse/auth-gateway';
      const envelope = { id: ids.id('event'), source, subject: attemptId, time, sequence: 1, actor: `user/${userId}` };
      await registry.append([encodeFact({ ...envelope, type: 'login.succeeded', data })]);
      await caughtUp();
    },
    caughtUp,
    /** Everything that the directory ever published on a topic, in order; tombstones too. */
    async published(topic: string): Promise<readonly { readonly message: Message; readonly record: LogRecord }[]> {
      const seen: { message: Message; record: LogRecord }[] = [];
      for (const outbox of directory.outboxes) {
        while ((await outbox.depth()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const subscription = await log.subscribe({
        group: `test-${topic}`,
        topics: [topic],
        positions: async () => ({}),
        handle: async ({ records }) => {
          for (const record of records) {
            const message = decodeRecord(record);
            if (message.kind === 'unknown' || message.kind === 'malformed') throw new Error(message.reason);
            seen.push({ message, record });
          }
        },
      });
      await subscription.caughtUp(2_000);
      await subscription.close();
      return seen;
    },
    async stop() {
      await host.close();
      await log.close();
      await stores.close();
    },
  };
};

export type Directory = Awaited<ReturnType<typeof startDirectory>>;
