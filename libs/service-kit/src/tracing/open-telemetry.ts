import type { Ids } from '@gatehouse/contracts';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../logger.ts';
import { newTraceId } from '../trace.ts';
import { clientWithSpans } from './client-spans.ts';
import { logWithSpans } from './log-spans.ts';
import { addRequestSpans } from './request-spans.ts';
import { storesWithSpans } from './store-spans.ts';
import type { Tracing } from './tracing.ts';
import type { SamplerName, TracingSettings } from './tracing-settings.ts';

const closeMs = 3_000;

/** Longest value of an attribute: routes, topics and codes are shorter. */
const attributeValueLengthLimit = 256;

const samplerOf: Readonly<Record<SamplerName, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

/** Trace ids that log lines already name, and random ones for all else. */
const createTraceIds = (ids: Ids): IdGenerator & { beginTrace(traceId: string): void } => {
  let next: string | undefined;
  return {
    beginTrace(traceId) {
      next = traceId;
    },
    generateTraceId() {
      const traceId = next ?? newTraceId(ids);
      next = undefined;
      return traceId;
    },
    generateSpanId: () => ids.hex(8),
  };
};

/** The exporter, saying once that the collector does not take spans, and once that it does again. */
const withLog = (exporter: SpanExporter, logger: Logger): SpanExporter => {
  let lost = 0;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        // 0 is success (ExportResultCode).
        if (result.code !== 0) {
          if (lost === 0) logger.warn({ reason: result.error?.name }, 'spans could not be sent');
          lost += spans.length;
        } else if (lost > 0) {
          logger.info({ lost }, 'spans are sent again');
          lost = 0;
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => await exporter.forceFlush?.(),
  };
};

/** OpenTelemetry's SDK without its globals: everything that makes spans holds the tracer. */
export const openTelemetry = (deps: {
  readonly settings: TracingSettings;
  readonly serviceVersion: string;
  readonly ids: Ids;
  readonly logger: Logger;
}): Tracing => {
  const { settings, serviceVersion, ids, logger } = deps;
  const traceIds = createTraceIds(ids);
  const exporter = withLog(new OTLPTraceExporter({ url: settings.url }), logger);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': settings.serviceName, 'service.version': serviceVersion }),
    sampler: samplerOf[settings.sampler](settings.ratio),
    idGenerator: traceIds,
    spanLimits: { attributeValueLengthLimit },
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  });
  const tracer = provider.getTracer('gatehouse', serviceVersion);
  let closing: Promise<void> | undefined;

  const stop = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeMs);
    });
    try {
      await Promise.race([provider.shutdown(), late]);
    } catch (error) {
      logger.warn({ err: error }, 'the last spans could not be sent');
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    requests: (app) => addRequestSpans(app, tracer, traceIds.beginTrace),
    client: (client, peer) => clientWithSpans(client, peer, tracer),
    stores: (host) => storesWithSpans(host, tracer),
    eventLog: (log, system) => logWithSpans(log, system, tracer),
    close() {
      closing ??= stop();
      return closing;
    },
  };
};
