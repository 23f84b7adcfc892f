import type { EventLog, EventWriter, LogRecord, RecordBatch, StoredRecord } from '@gatehouse/event-log';
import type { Attributes, Link, Span, SpanContext, Tracer } from '@opentelemetry/api';
import { during, SpanKind, spanContextOf, startSpan } from './spans.ts';

/**
 * Records of one append or batch that get a span of their own. A view that is built anew reads millions of records whose
 * traces ended long ago: a larger batch is one span with links.
 */
const mostSpans = 32;
const mostLinks = 128;

interface Work<Record extends LogRecord> {
  /** `send` or `process`. */
  readonly operation: string;
  readonly kind: SpanKind;
  readonly records: readonly Record[];
  /** Of this record alone. */
  attributesOf(record: Record): Attributes;
  /** Of all records. */
  readonly common: Attributes;
}

const spansFor = <Record extends LogRecord>(tracer: Tracer, work: Work<Record>): readonly Span[] => {
  const { operation, kind, records, common, attributesOf } = work;
  const traced = records.flatMap((record) => {
    const context = spanContextOf(record.headers.ce_traceparent);
    return context === undefined ? [] : [{ record, context }];
  });
  const start = (
    topic: string,
    attributes: Attributes,
    parent: SpanContext | undefined,
    links: readonly Link[],
  ): Span =>
    startSpan(tracer, {
      name: `${operation} ${topic}`,
      kind,
      attributes: {
        'messaging.operation.type': operation,
        'messaging.destination.name': topic,
        ...common,
        ...attributes,
      },
      parent,
      links,
    });
  if (traced.length <= mostSpans) {
    return traced.map(({ record, context }) => {
      const type = { 'cloudevents.event_type': record.headers.ce_type ?? '' };
      return start(record.topic, { ...type, ...attributesOf(record) }, context, []);
    });
  }
  const topic = traced[0]?.record.topic ?? '';
  return [start(topic, { 'messaging.batch.message_count': records.length }, undefined, traced.slice(-mostLinks))];
};

const writerWithSpans = (writer: EventWriter, common: Attributes, tracer: Tracer): EventWriter => ({
  append(records) {
    const spans = spansFor(tracer, {
      operation: 'send',
      kind: SpanKind.PRODUCER,
      records,
      common,
      attributesOf: () => ({}),
    });
    return during(spans, () => writer.append(records));
  },
  close: () => writer.close(),
});

const placeOf = ({ partition, offset }: StoredRecord): Attributes => ({
  'messaging.destination.partition.id': String(partition),
  'messaging.kafka.offset': offset,
});

/** The log with spans: what relays send and consumers handle, each in the trace of the request that caused it. */
export const logWithSpans = (log: EventLog, system: 'kafka' | 'sqlite', tracer: Tracer): EventLog => ({
  ensureTopics: (definitions) => log.ensureTopics(definitions),
  identity: (topics) => log.identity(topics),
  maintain: () => log.maintain(),
  close: () => log.close(),
  async openWriter(name) {
    return writerWithSpans(
      await log.openWriter(name),
      { 'messaging.system': system, 'gatehouse.outbox': name },
      tracer,
    );
  },
  subscribe(options) {
    const handle = (batch: RecordBatch): Promise<void> => {
      const spans = spansFor(tracer, {
        operation: 'process',
        kind: SpanKind.CONSUMER,
        records: batch.records,
        common: { 'messaging.system': system, 'messaging.consumer.group.name': options.group },
        attributesOf: placeOf,
      });
      return during(spans, () => options.handle(batch));
    };
    return log.subscribe({ ...options, handle });
  },
});
