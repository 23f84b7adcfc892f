import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Writing } from './copy.ts';
import type { PublishedSchema } from './published-schema.ts';

/** One line for whoever watches; never the data of people. */
export type Report = (what: string, fields?: Readonly<Record<string, unknown>>) => void;

type Batch = EachBatchPayload['batch'];

const header = ({ headers }: KafkaMessage, name: string): string | undefined => {
  const value = headers?.[name];
  return value === undefined ? undefined : String(value);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Applies one record. `topic` is the name in the schema, without a prefix.
 * @returns why the record cannot be read; undefined when it was applied or rightly passed over
 */
const applyRecord = (
  { schema, writing, report }: { schema: PublishedSchema; writing: Writing; report: Report },
  topic: string,
  message: KafkaMessage,
): string | undefined => {
  const key = message.key?.toString();
  const type = header(message, 'ce_type');
  if (key === undefined || type === undefined) return 'no key or no ce_type';
  const isState = topic.endsWith('.state');
  if (isState && message.value === null) {
    writing.putState({ topic, key, state: undefined });
    return undefined;
  }
  const value = parse(message.value?.toString() ?? '');
  const fits = schema.fits(topic, type, value);
  // A type that is newer than our copy of the document: somebody else's news.
  if (fits === undefined) return undefined;
  if (!fits) return `does not fit ${type}`;
  if (isState) {
    writing.putState({ topic, key, state: value as { version: number; deleted?: boolean } });
    return undefined;
  }
  const sequence = Number(header(message, 'ce_sequence'));
  const id = header(message, 'ce_id');
  if (!Number.isSafeInteger(sequence) || id === undefined) return 'no ce_sequence or no ce_id';
  const { isNew, gap } = writing.putFact({ topic, key, sequence });
  if (gap !== undefined) report('gap', { ...gap });
  if (!isNew) return undefined;
  if (type === 'user.linked') writing.prepareWelcome(id, value);
  report('fact', { type, key, sequence });
  return undefined;
};

/** Applies a batch in order. A record that cannot be read is set aside: it must not stop those behind it. */
export const applyBatch = (
  deps: { readonly schema: PublishedSchema; readonly writing: Writing; readonly report: Report },
  topic: string,
  batch: Batch,
): void => {
  for (const message of batch.messages) {
    const reason = applyRecord(deps, topic, message);
    if (reason === undefined) continue;
    deps.writing.setAside(topic, batch.partition, message.offset, reason);
    deps.report('set-aside', { topic, partition: batch.partition, offset: message.offset, reason });
  }
};
