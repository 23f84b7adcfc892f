import { randomUUID } from 'node:crypto';
import { createIds, isoTime, sources, type TopicDefinition } from '@gatehouse/contracts';
import { encodeFact } from '../codec.ts';
import type { LogRecord } from '../event-log.ts';
import type { Logger } from '../logger.ts';

const nothing = (): void => {};
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const ids = createIds();

/** A topic of its own for each test, so that a broker may be shared. */
export const freshTopic = (cleanup: TopicDefinition['cleanup'] = 'delete', partitions = 3): TopicDefinition => ({
  name: `conformance.${randomUUID()}`,
  cleanup,
  retentionMs: 3_600_000,
  partitions,
});

export const freshGroup = (): string => `conformance-${randomUUID()}`;

export const plainRecord = (topic: TopicDefinition, key: string, value: string | undefined): LogRecord => ({
  topic: topic.name,
  key,
  value,
  headers: { ce_type: 'sample' },
});

/** The fact number `sequence` of a connector; `reference` tells the facts of one test apart. */
export const connectorFact = (connectorId: string, sequence: number, reference = 'sample'): LogRecord =>
  encodeFact({
    id: ids.id('event'),
    source: sources.connectorRegistry,
    type: 'connector.enabled',
    subject: connectorId,
    time: isoTime(1_700_000_000_000 + sequence),
    sequence,
    actor: 'system/conformance',
    data: { connectorId, reference },
  });

export const sequenceOf = (record: LogRecord): number => Number(record.headers.ce_sequence);
