import type { ConsumerMetrics, RelayMetrics } from '@gatehouse/event-log';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** What relays and consumers report, as Prometheus metrics. Made once per registry. */
export const createEventMetrics = ({
  registry,
}: Metrics): { readonly relay: RelayMetrics; readonly consumer: ConsumerMetrics } => {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });

  const sent = counter('gatehouse_outbox_sent_records_total', 'Records that relays have put on the log.', 'outbox');
  const sendFailures = counter(
    'gatehouse_outbox_failures_total',
    'Rounds of a relay that failed, by code.',
    'outbox',
    'code',
  );
  const depth = gauge('gatehouse_outbox_records', 'Records that wait to be put on the log.', 'outbox');
  const age = gauge('gatehouse_outbox_age_seconds', 'Age of the oldest fact that waits.', 'outbox');
  const applied = counter(
    'gatehouse_consumer_records_total',
    'Records that consumers have applied.',
    'consumer',
    'topic',
  );
  const unknown = counter(
    'gatehouse_consumer_unknown_records_total',
    'Records of unknown types, passed over.',
    'consumer',
    'topic',
  );
  const failures = counter(
    'gatehouse_consumer_failures_total',
    'Batches that could not be applied, by code.',
    'consumer',
    'topic',
    'code',
  );
  const parked = counter(
    'gatehouse_consumer_parked_records_total',
    'Records put into dead letters.',
    'consumer',
    'topic',
  );
  const sequenceGaps = counter(
    'gatehouse_consumer_sequence_gaps_total',
    'Facts of an aggregate that skipped a sequence.',
    'consumer',
    'topic',
  );
  const logGaps = counter(
    'gatehouse_consumer_log_gaps_total',
    'Times that the log had deleted what was not yet read.',
    'consumer',
    'topic',
  );

  return {
    relay: {
      sent: (outbox, records) => sent.inc({ outbox }, records),
      failed: (outbox, code) => sendFailures.inc({ outbox, code }),
      depth: (outbox, entries) => depth.set({ outbox }, entries),
      age: (outbox, ms) => age.set({ outbox }, ms / 1000),
    },
    consumer: {
      applied: (consumer, topic, records) => applied.inc({ consumer, topic }, records),
      unknown: (consumer, topic, records) => unknown.inc({ consumer, topic }, records),
      failed: (consumer, topic, code) => failures.inc({ consumer, topic, code }),
      parked: (consumer, topic, records) => parked.inc({ consumer, topic }, records),
      sequenceGap: (consumer, topic) => sequenceGaps.inc({ consumer, topic }),
      logGap: (consumer, topic) => logGaps.inc({ consumer, topic }),
    },
  };
};
