import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { type Clock, createIds } from '@gatehouse/contracts';
import { decodeRecord, type LogRecord, type Message } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { createHost, createLogger, createMetrics } from '@gatehouse/service-kit';
import type { LightMyRequestResponse } from 'fastify';
import { createConnectorRegistry } from '../../src/index.ts';

/** A token stands for the right that it is named after (`.` for `:`, which no token holds). That real tokens are verified is the key ring's business and its tests'. */
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

/** The whole registry in its host, over the embedded store and event log, in memory. */
export const startRegistry = async (clock: Clock & { advance(ms: number): void }) => {
  const stores = sqliteStoreHost({ path: ':memory:', clock, outboxName: 'connector-registry' });
  const log = sqliteEventLog({ path: ':memory:', clock });
  const host = createHost({
    logger: createLogger({ level: 'silent' }),
    clock,
    ids: createIds(clock),
    metrics: createMetrics({ process: false }),
    log,
    deadLetters: log.deadLetters,
    owner: 'test',
    drainMs: 300,
  });
  const registry = createConnectorRegistry({
    stores,
    clock,
    ids: createIds(clock),
    baseUrl: 'http://localhost:3000',
    verifyInternalToken: async (token) => claimsOf(token),
  });
  const { app } = await host.add(registry);
  await host.start();

  let storesOpen = true;
  const closeStores = async (): Promise<void> => {
    if (storesOpen) await stores.close();
    storesOpen = false;
  };

  return {
    /** As when the disk fails: every later read and write does. */
    closeStores,
    request(
      method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
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
    /** Everything that was ever published on a topic, in order; tombstones too. */
    async published(topic: string): Promise<readonly { readonly message: Message; readonly record: LogRecord }[]> {
      const seen: { message: Message; record: LogRecord }[] = [];
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
      for (const outbox of registry.outboxes) {
        while ((await outbox.depth()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await subscription.caughtUp(2_000);
      await subscription.close();
      return seen;
    },
    async stop() {
      await host.close();
      await log.close();
      await closeStores();
    },
  };
};

export type Registry = Awaited<ReturnType<typeof startRegistry>>;
