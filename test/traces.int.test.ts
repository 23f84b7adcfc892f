import { connectorStateTopic, factsTopic } from '@gatehouse/contracts';
import { type ReceivedSpan, type SpanReceiver, spanReceiver } from '@gatehouse/service-kit/testing';
import { type Administer, mustSkipServerTests, startDistributed, startStandalone } from '@gatehouse/test-servers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerId = '00f067aa0ba902b7';
const user = { username: 'trace@corp.example', displayName: 'Trace Person' };

interface Product {
  readonly administer: Administer;
  stop(): Promise<unknown>;
}

/** The embedded and the distributed product: one trace looks the same on both. */
const products: readonly {
  readonly name: string;
  readonly isSkipped: boolean;
  readonly services: { readonly gateway: string; readonly directory: string };
  start(env: Readonly<Record<string, string>>): Promise<Product>;
}[] = [
  {
    name: 'embedded',
    isSkipped: false,
    services: { gateway: 'gatehouse', directory: 'gatehouse' },
    start: (env) => startStandalone({ env }),
  },
  {
    name: 'distributed',
    isSkipped: await mustSkipServerTests(['kafka', 'mongo', 'redis']),
    services: { gateway: 'auth-gateway', directory: 'user-directory' },
    start: (env) => startDistributed({ env, copies: { 'auth-gateway': 1 } }),
  },
];

describe.each(products)('one change on the $name product', ({ isSkipped, services, start }) => {
  let collector: SpanReceiver;
  let product: Product | undefined;

  beforeEach(async () => {
    collector = await spanReceiver();
  });
  afterEach(async () => {
    await product?.stop();
    await collector.close();
  });

  it.skipIf(isSkipped)(
    'is one trace from the request to every view that is built from it',
    async () => {
      product = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      const headers = { traceparent: `00-${traceId}-${callerId}-01` };
      expect((await product.administer('POST', '/api/users', user, headers)).status).toBe(201);

      const state = 'gatehouse.user.state';
      const inTrace = (): readonly ReceivedSpan[] => collector.spans.filter((span) => span.traceId === traceId);
      const named = (name: string): readonly ReceivedSpan[] => inTrace().filter((span) => span.name === name);
      await vi.waitFor(
        () => {
          expect(named('POST /api/users')).toHaveLength(2);
          for (const name of ['save user', `send ${state}`, `process ${state}`])
            expect(named(name), name).not.toEqual([]);
          // The audit and whoever else listens.
          expect(named(`process ${factsTopic('user')}`)).not.toEqual([]);
        },
        { timeout: 15_000, interval: 100 },
      );

      const [outer, inner] = named('POST /api/users').toSorted((a) => (a.parentSpanId === callerId ? -1 : 1));
      expect(outer).toMatchObject({ service: services.gateway, parentSpanId: callerId });
      expect(inner).toMatchObject({ service: services.directory });
      // Whoever calls over HTTP has a span for the call; in one process the two servers' spans meet directly.
      const above = inTrace().find(({ spanId }) => spanId === inner?.parentSpanId);
      expect(above?.spanId === outer?.spanId || above?.parentSpanId === outer?.spanId).toBe(true);
      for (const name of ['save user', `send ${state}`, `process ${state}`]) {
        for (const span of named(name)) expect(span.parentSpanId, name).toBe(inner?.spanId);
      }
      expect(collector.spans.filter(({ failed }) => failed)).toEqual([]);
      expect(named(`process ${connectorStateTopic}`)).toEqual([]);
      expect(collector.text()).not.toMatch(/trace@corp|Trace Person|Bearer|administrator-key/);
    },
    120_000,
  );
});
