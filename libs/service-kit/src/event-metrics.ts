import type { Consumer, ConsumerMetrics, RelayMetrics } from '@gatehouse/event-log';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';

export interface EventMetrics {
  readonly relay: RelayMetrics;
  readonly consumer: ConsumerMetrics;
  /** Shows the consumer's counters at 0: an increase from nothing to 1 is none to Prometheus, and its alert would never come. */
  expect(consumer: Pick<Consumer, 'name' | 'topics'>): void;
  /** Asks for the lag whenever metrics are read; what is not known at that moment is left out. */
  watchLag(lags: () => Iterable<readonly [consumer: string, lag: () => Promise<number>]>): void;
}

/** Longest wait for a lag, in milliseconds: whoever reads metrics waits as long. */
const lagWithinMs = 1_000;

const knownIn = async (work: Promise<number>, ms: number): Promise<number | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** What relays and consumers report, as Prometheus metrics. Made once per registry. */
export const createEventMetrics = ({ registry }: Metrics): EventMetrics => {
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
    expect({ name: consumer, topics }) {
      for (const topic of topics) {
        for (const rare of [applied, unknown, parked, sequenceGaps, logGaps]) rare.inc({ consumer, topic }, 0);
      }
    },
    watchLag(lags) {
      new Gauge({
        name: 'gatehouse_consumer_lag_records',
        help: 'Records on the log that this process has yet to apply.',
        labelNames: ['consumer'] as const,
        registers,
        async collect() {
          this.reset();
          const asked = [...lags()].map(async ([consumer, lag]) => {
            const records = await knownIn(lag(), lagWithinMs);
            if (records !== undefined) this.set({ consumer }, records);
          });
          await Promise.all(asked);
        },
      });
    },
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

/** What the Kafka adapter reports; its own type says the same. */
export const createKafkaMetrics = ({ registry }: Metrics) => {
  const registers = [registry];
  const restarts = new Counter({
    name: 'gatehouse_kafka_consumer_restarts_total',
    help: 'Consumers that were replaced because they had crashed, got stuck or did not start.',
    labelNames: ['consumer', 'reason'] as const,
    registers,
  });
  const rebalances = new Counter({
    name: 'gatehouse_kafka_rebalances_total',
    help: 'Times that partitions were assigned to the consumer.',
    labelNames: ['consumer'] as const,
    registers,
  });
  return {
    restarted: (consumer: string, reason: 'crashed' | 'stuck' | 'not-started') => restarts.inc({ consumer, reason }),
    rebalanced: (consumer: string) => rebalances.inc({ consumer }),
  };
};
