import type { TopicDefinition } from '@gatehouse/contracts';
import type { DeadLetter } from '../dead-letters.ts';
import type { LogRecord, StoredRecord } from '../event-log.ts';

/** One partition: letters keep the order in which they were parked, over all consumers. */
export const deadLettersTopic: TopicDefinition = {
  name: 'gatehouse.dead-letters',
  cleanup: 'compact',
  retentionMs: 7 * 86_400_000,
  partitions: 1,
};

/** Characters of a value per record: a letter of a large record lies in several, of at most four bytes a character. */
const partCharacters = 200_000;

interface LetterPart {
  readonly parts: number;
  readonly reason: string;
  readonly parkedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  /** This part of the value; absent for a tombstone. */
  readonly value?: string;
}

type LetterId = readonly [consumer: string, key: string, topic: string, partition: number, offset: number];

const idOf = ({ consumer, record: { key, topic, partition, offset } }: DeadLetter): LetterId => [
  consumer,
  key,
  topic,
  partition,
  offset,
];

/** Names a letter among all. */
export const letterName = (letter: DeadLetter): string => JSON.stringify(idOf(letter));

const partsOf = ({ record: { value } }: DeadLetter): number =>
  Math.max(1, Math.ceil((value?.length ?? 0) / partCharacters));

const recordOf = (letter: DeadLetter, part: number, value: string | undefined): LogRecord => ({
  topic: deadLettersTopic.name,
  key: JSON.stringify([...idOf(letter), part]),
  value,
  headers: { 'content-type': 'application/json' },
});

export const encodeLetter = (letter: DeadLetter): readonly LogRecord[] => {
  const { reason, parkedAt, record } = letter;
  const parts = partsOf(letter);
  return Array.from({ length: parts }, (_, part) => {
    const text = record.value?.slice(part * partCharacters, (part + 1) * partCharacters);
    const content: LetterPart = {
      parts,
      reason,
      parkedAt,
      // Once is enough: a large letter must not carry large headers in each part.
      headers: part === 0 ? record.headers : {},
      ...(text === undefined ? {} : { value: text }),
    };
    return recordOf(letter, part, JSON.stringify(content));
  });
};

/** What makes compaction forget a letter. */
export const encodeRemoval = (letter: DeadLetter): readonly LogRecord[] =>
  Array.from({ length: partsOf(letter) }, (_, part) => recordOf(letter, part, undefined));

/** A key whose letters whoever runs the consumer is asked to apply. */
export interface ReplayRequest {
  readonly consumer: string;
  readonly key: string;
}

const replayMark = 'replay';

const requestRecord = ({ consumer, key }: ReplayRequest, value: string | undefined): LogRecord => ({
  topic: deadLettersTopic.name,
  key: JSON.stringify([replayMark, consumer, key]),
  value,
  headers: { 'content-type': 'application/json' },
});

export const encodeReplayRequest = (request: ReplayRequest): LogRecord => requestRecord(request, '{}');
export const encodeReplayEnd = (request: ReplayRequest): LogRecord => requestRecord(request, undefined);

const parsedKey = (text: string): readonly unknown[] => {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
};

/** The request in a record, unless it is something else, or over. */
export const replayRequestIn = ({ key: text, value }: StoredRecord): ReplayRequest | undefined => {
  const [mark, consumer, key, ...rest] = parsedKey(text);
  if (mark !== replayMark || rest.length > 0 || value === undefined) return undefined;
  return typeof consumer === 'string' && typeof key === 'string' ? { consumer, key } : undefined;
};

/** The letter, and which part of it, that a record's key names. */
const partNamed = (text: string): { readonly id: LetterId; readonly part: number } | undefined => {
  const [consumer, key, topic, partition, offset, part] = parsedKey(text);
  if (typeof consumer !== 'string' || typeof key !== 'string' || typeof topic !== 'string') return undefined;
  if (typeof partition !== 'number' || typeof offset !== 'number' || typeof part !== 'number') return undefined;
  return { id: [consumer, key, topic, partition, offset], part };
};

const parsedPart = (value: string): LetterPart | undefined => {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && 'parts' in parsed ? (parsed as LetterPart) : undefined;
  } catch {
    return undefined;
  }
};

interface Kept {
  readonly id: LetterId;
  readonly parts: Map<number, LetterPart>;
}

const letterOf = ({ id, parts }: Kept): DeadLetter | undefined => {
  const first = parts.get(0);
  if (first === undefined || parts.size < first.parts) return undefined;
  const [consumer, key, topic, partition, offset] = id;
  const texts = Array.from({ length: first.parts }, (_, part) => parts.get(part)?.value);
  const value = first.value === undefined ? undefined : texts.join('');
  const { reason, parkedAt, headers } = first;
  return { consumer, reason, parkedAt, record: { topic, partition, offset, key, headers, value } };
};

/** The letters that a topic says are parked, in the order in which they were. */
export const createLetterTable = () => {
  const kept = new Map<string, Kept>();
  const byKey = new Map<string, Map<string, Set<string>>>();

  const index = ([consumer, key]: LetterId): Set<string> => {
    const keys = byKey.get(consumer) ?? new Map<string, Set<string>>();
    byKey.set(consumer, keys);
    const names = keys.get(key) ?? new Set<string>();
    keys.set(key, names);
    return names;
  };

  const forget = (name: string, id: LetterId): void => {
    kept.delete(name);
    const names = index(id);
    names.delete(name);
    if (names.size === 0) byKey.get(id[0])?.delete(id[1]);
  };

  const lettersIn = (names: Iterable<string>): readonly DeadLetter[] =>
    [...names].flatMap((name) => {
      const found = kept.get(name);
      return (found === undefined ? undefined : letterOf(found)) ?? [];
    });

  return {
    /** Takes one record of the topic; one that is no letter is passed over. */
    take({ key: text, value }: StoredRecord): void {
      const named = partNamed(text);
      if (named === undefined) return;
      const { id, part } = named;
      const name = JSON.stringify(id);
      if (value === undefined) {
        forget(name, id);
        return;
      }
      const content = parsedPart(value);
      if (content === undefined) return;
      const known = kept.get(name) ?? { id, parts: new Map<number, LetterPart>() };
      if (!known.parts.has(part)) known.parts.set(part, content);
      kept.set(name, known);
      index(id).add(name);
    },
    has: (letter: DeadLetter): boolean => {
      const found = kept.get(letterName(letter));
      return found !== undefined && letterOf(found) !== undefined;
    },
    isParked: (consumer: string, key: string): boolean => byKey.get(consumer)?.has(key) ?? false,
    ofKey: (consumer: string, key: string): readonly DeadLetter[] => lettersIn(byKey.get(consumer)?.get(key) ?? []),
    all: (): readonly DeadLetter[] => lettersIn(kept.keys()),
    clear(): void {
      kept.clear();
      byKey.clear();
    },
  };
};
