import type { KafkaMessage } from 'kafkajs';
import type { StoredRecord } from '../event-log.ts';

type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;

/** Of a header that is there several times, the last counts, as with the Kafka clients' `lastHeader`. */
const headerText = (value: HeaderValue): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return headerText((value as readonly (Buffer | string)[]).at(-1));
};

/** A record as it lies on the topic; one without a key or headers has empty ones. */
export const toStoredRecord = (topic: string, partition: number, message: KafkaMessage): StoredRecord => ({
  topic,
  partition,
  offset: Number(message.offset),
  key: message.key?.toString('utf8') ?? '',
  value: message.value?.toString('utf8') ?? undefined,
  headers: Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [name.toLowerCase(), headerText(value)]),
  ),
});
