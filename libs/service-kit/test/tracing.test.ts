import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { connectorStateTopic, createIds, ProblemError, systemClock } from '@gatehouse/contracts';
import { createConsumerRunner, createOutboxRelay, type EventLog, encodeConnectorState } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createApp,
  createMetrics,
  injectClient,
  type ServiceClient,
  startTracing,
  type Tracing,
  traceIdOf,
} from '../src/index.ts';
import { tracingSettings } from '../src/tracing/tracing-settings.ts';
import { type SpanReceiver, spanReceiver } from '../testing/span-receiver.ts';
import { capturedLog } from './support/captured-log.ts';

const ids = createIds();
const clock = systemClock;
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

const { cache } = createRequire(import.meta.url);
const loaded = (name: string): readonly string[] => Object.keys(cache).filter((path) => path.includes(name));

describe('settings of traces', () => {
  const read = (env: NodeJS.ProcessEnv) => {
    const warnings: string[] = [];
    return { settings: tracingSettings(env, 'thing', (what) => warnings.push(what)), warnings };
  };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

  it('are off without an endpoint, and where they are switched off', () => {
    expect(read({}).settings).toBeUndefined();
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }).settings).toBeUndefined();
    expect(read({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).settings).toBeUndefined();
    expect(read({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }).settings).toBeUndefined();
  });

  it('keep every trace and follow the caller unless told', () => {
    expect(read(endpoint)).toEqual({
      settings: {
        url: 'http://collector:4318/v1/traces',
        serviceName: 'thing',
        sampler: 'parentbased_always_on',
        ratio: 1,
      },
      warnings: [],
    });
  });

  it('take the standard variables', () => {
    const env = {
      ...endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/own/path',
      OTEL_SERVICE_NAME: 'named',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    };
    expect(read(env).settings).toEqual({
      url: 'https://traces.example/own/path',
      serviceName: 'named',
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
    });
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, undefined],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, undefined],
    [{ ...endpoint, OTEL_TRACES_SAMPLER: 'sometimes' }, { sampler: 'parentbased_always_on' }],
    [{ ...endpoint, OTEL_TRACES_SAMPLER_ARG: '7' }, { ratio: 1 }],
  ])('say what is wrong and stop no start: %j', (env, expected) => {
    const { settings, warnings } = read(env);
    expect(warnings).toHaveLength(1);
    if (expected === undefined) expect(settings).toBeUndefined();
    else expect(settings).toMatchObject(expected);
  });

  it('load nothing when traces are off', async () => {
    const { logger } = capturedLog();
    const options = { env: {}, serviceName: 'thing', serviceVersion: '1', ids, logger };
    expect(await startTracing(options)).toBeUndefined();
    expect(loaded('@opentelemetry/sdk-trace/')).toEqual([]);
  });
});

describe('traces', () => {
  let collector: SpanReceiver;
  let tracing: Tracing;
  const log = capturedLog();
  const { logger } = log;

  const start = async (env: NodeJS.ProcessEnv = {}): Promise<Tracing> => {
    const options = { serviceName: 'thing', serviceVersion: '1.2.3', ids, logger };
    const started = await startTracing({ ...options, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env } });
    if (started === undefined) throw new Error('traces are off');
    return started;
  };

  beforeEach(async () => {
    collector = await spanReceiver();
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=ours');
    tracing = await start();
  });
  afterEach(async () => {
    await tracing.close();
    await collector.close();
  });

  const makeApp = () => {
    const app = createApp({ name: 'thing-service', logger, ids, metrics: createMetrics({ process: false }) });
    tracing.requests(app);
    app.get('/livez', async () => ({}));
    app.get('/things/:id', async (request) => ({ traceparent: request.trace.traceparent }));
    app.get('/broken', async () => {
      throw new Error('alice@corp.example could not be reached');
    });
    return app;
  };

  it('have a span for each request, in the caller’s trace', async () => {
    const app = makeApp();
    const headers = { traceparent: `00-${traceId}-${parentId}-01`, cookie: 'gatehouse_session=secret' };
    const answer = await app.inject({ url: '/things/alice?code=secret', headers });
    const span = await collector.span('GET /things/:id');
    expect(span).toMatchObject({ service: 'thing', traceId, parentSpanId: parentId, failed: false });
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/things/:id',
      'http.response.status_code': '200',
    });
    expect(answer.json()).toEqual({ traceparent: `00-${traceId}-${span.spanId}-01` });
    expect(collector.text()).not.toMatch(/secret|alice/);
    expect(collector.headers[0]?.['x-tenant']).toBe('ours');
    expect(loaded('@opentelemetry/sdk-trace/')).not.toEqual([]);
    await app.close();
  });

  it('begin under the id that the log lines of the request name', async () => {
    const app = makeApp();
    await app.inject('/things/1');
    await app.inject('/nowhere/at/all');
    const span = await collector.span('GET /things/:id');
    expect(span.parentSpanId).toBeUndefined();
    expect((await collector.span('GET')).traceId).not.toBe(span.traceId);
    const line = log.lines().find((one) => one.traceId === span.traceId);
    expect(line).toMatchObject({ route: '/things/:id' });
    await app.close();
  });

  it('mark what failed by a code, never by words', async () => {
    const app = makeApp();
    await app.inject('/broken');
    await app.inject('/livez');
    expect(await collector.span('GET /broken')).toMatchObject({
      failed: true,
      attributes: { 'http.response.status_code': '500' },
    });
    expect(collector.text()).not.toContain('alice');
    expect(collector.text()).not.toContain('livez');
    await app.close();
  });

  it('leave out what the caller does not sample, and say so to the next', async () => {
    const app = makeApp();
    const unsampled = { traceparent: `00-${traceId}-${parentId}-00` };
    const answer = await app.inject({ url: '/things/1', headers: unsampled });
    await app.inject('/broken');
    await collector.span('GET /broken');
    expect(collector.spans.map(({ name }) => name)).toEqual(['GET /broken']);
    expect(answer.json().traceparent).toMatch(new RegExp(`^00-${traceId}-.*-00$`));
    await app.close();
  });

  it('keep a part of the traces that begin here', async () => {
    const none = await start({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    const app = createApp({ name: 'none', logger, ids, metrics: createMetrics({ process: false }) });
    none.requests(app);
    app.get('/none', async () => ({}));
    await app.inject('/none');
    await none.close();
    expect(collector.spans).toEqual([]);
    await app.close();
  });

  it('go on in the service that is called', async () => {
    const app = makeApp();
    const client = tracing.client(injectClient(app), 'thing-service');
    const headers = { traceparent: `00-${traceId}-${parentId}-01` };
    await client.call({ method: 'GET', path: '/things/1', headers });
    const call = await collector.span('GET thing-service');
    const server = await collector.span('GET /things/:id');
    expect(call).toMatchObject({ traceId, parentSpanId: parentId, attributes: { 'http.response.status_code': '200' } });
    expect(server).toMatchObject({ traceId, parentSpanId: call.spanId });
    await app.close();
  });

  it('mark a call that nobody answered', async () => {
    const silent: ServiceClient = {
      call: async () => {
        throw new ProblemError('upstream_unavailable');
      },
    };
    const call = tracing.client(silent, 'silent').call({ method: 'GET', path: '/', headers: {} });
    await expect(call).rejects.toThrow();
    expect(await collector.span('GET silent')).toMatchObject({
      failed: true,
      attributes: { 'error.type': 'upstream_unavailable' },
    });
  });

  describe('of changes', () => {
    let raw: ReturnType<typeof sqliteEventLog>;
    let eventLog: EventLog;
    let stores: ReturnType<typeof sqliteStoreHost>;

    beforeEach(async () => {
      raw = sqliteEventLog({ path: ':memory:', clock });
      eventLog = tracing.eventLog(raw, 'sqlite');
      stores = tracing.stores(sqliteStoreHost({ path: ':memory:', clock, outboxName: 'things' }));
      await eventLog.ensureTopics([{ name: connectorStateTopic, cleanup: 'compact', partitions: 1, retentionMs: 1 }]);
    });
    afterEach(async () => {
      await eventLog.close();
      await stores.close();
    });

    const stateRecord = (traceparent?: string) => {
      const id = ids.id('connector');
      const deletion = { deleted: true as const, version: 1, deletedAt: '2026-11-23T00:00:00.000Z' };
      return encodeConnectorState(id, deletion, { traceparent });
    };

    it('are one trace from the request over the save and the relay to the projection', async () => {
      const store = stores.aggregates<object>('connector');
      const app = makeApp();
      app.post('/things', async (request) => {
        const record = stateRecord(request.trace.traceparent);
        const listing = { sort: '', text: '', filters: {} };
        const change = { id: record.key, expectedVersion: 0, version: 1, state: {}, unique: {}, listing };
        await store.save({ ...change, outbox: [{ record }] });
        return {};
      });
      const relay = createOutboxRelay({ outbox: store.outbox, log: eventLog, owner: 'test', clock, logger });
      const projection = {
        name: 'gatehouse-test',
        kind: 'projection' as const,
        topics: [connectorStateTopic],
        positions: async () => ({}),
        apply: async () => undefined,
      };
      const { deadLetters } = raw;
      const runner = createConsumerRunner({ consumer: projection, log: eventLog, deadLetters, clock, logger });
      await relay.start();
      await runner.start();
      await app.inject({ method: 'POST', url: '/things', payload: {} });

      const request = await collector.span('POST /things');
      const applied = await collector.span(`process ${connectorStateTopic}`);
      const caused = [
        await collector.span('save connector'),
        await collector.span(`send ${connectorStateTopic}`),
        applied,
      ];
      for (const span of caused) {
        expect(span, span.name).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
      }
      expect(applied.attributes).toEqual({
        'messaging.system': 'sqlite',
        'messaging.operation.type': 'process',
        'messaging.destination.name': connectorStateTopic,
        'messaging.destination.partition.id': '0',
        'messaging.kafka.offset': expect.any(String),
        'messaging.consumer.group.name': 'gatehouse-test',
        'cloudevents.event_type': 'connector.state',
      });
      await runner.close();
      await relay.close();
      await app.close();
    });

    it('are one span with links where a view is built from thousands', async () => {
      const records = Array.from({ length: 40 }, () => stateRecord(`00-${ids.hex(16)}-${parentId}-01`));
      const writer = await eventLog.openWriter('test');
      await writer.append([...records, stateRecord()]);
      const span = await collector.span(`send ${connectorStateTopic}`);
      expect(span).toMatchObject({ links: 40, parentSpanId: undefined });
      expect(span.attributes['messaging.batch.message_count']).toBe('41');
      expect(collector.spans).toHaveLength(1);
      expect(records.map(({ headers }) => traceIdOf(headers.ce_traceparent))).not.toContain(span.traceId);
    });

    it('begin no trace where no request asked for them', async () => {
      const writer = await eventLog.openWriter('test');
      await writer.append([stateRecord()]);
      await tracing.close();
      expect(collector.spans).toEqual([]);
    });
  });

  it('cost nobody an answer while the collector takes none, and say so once', async () => {
    const said = (what: string) => log.lines().filter(({ msg }) => msg === what).length;
    collector.answerWith(400);
    const app = makeApp();
    for (const round of [1, 2, 3]) {
      expect((await app.inject('/things/1')).statusCode).toBe(200);
      await vi.waitFor(() => expect(said('spans could not be sent')).toBe(1), { timeout: 5_000 });
      if (round < 3) await delay(1_100);
    }
    expect(said('spans could not be sent')).toBe(1);
    collector.answerWith(200);
    await app.inject('/broken');
    await collector.span('GET /broken');
    await vi.waitFor(() => expect(said('spans are sent again')).toBe(1));
    await app.close();
  });

  it('hold up nobody who stops while the collector is away', async () => {
    const app = makeApp();
    await collector.close();
    await app.inject('/things/1');
    const began = performance.now();
    await tracing.close();
    expect(performance.now() - began).toBeLessThan(5_000);
    await app.close();
  });
});
