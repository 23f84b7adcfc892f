import { EventLogError } from '../event-log.ts';

interface KafkaFailure {
  readonly name: string;
  readonly message: string;
  /** Kafka's own name of a protocol error. */
  readonly type: string | undefined;
}

/** An error and what caused it, outermost first. */
const chainOf = (error: unknown): readonly KafkaFailure[] => {
  const chain: KafkaFailure[] = [];
  let at = error;
  while (at instanceof Error && chain.length < 10) {
    const type = 'type' in at && typeof at.type === 'string' ? at.type : undefined;
    chain.push({ name: at.name, message: at.message, type });
    at = at.cause;
  }
  return chain;
};

const hasType = (error: unknown, types: ReadonlySet<string>): boolean =>
  chainOf(error).some(({ type }) => type !== undefined && types.has(type));

const fencedTypes = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
/** kafkajs 2.2.4 does not know error 90, PRODUCER_FENCED, by its name. */
const producerFenced = 'Unknown error code 90';

export const isFenced = (error: unknown): boolean =>
  hasType(error, fencedTypes) || chainOf(error).some(({ message }) => message.includes(producerFenced));

export const isUnknownTopic = (error: unknown): boolean =>
  hasType(error, new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION']));

export const isLeaderless = (error: unknown): boolean =>
  hasType(error, new Set(['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']));

export const isTopicThere = (error: unknown): boolean => hasType(error, new Set(['TOPIC_ALREADY_EXISTS']));

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** One line for an operator; kafkajs puts no secret into its texts. */
const plainReason = (error: unknown): string => {
  const chain = chainOf(error);
  const names = new Set(chain.map(({ name }) => name));
  const inner = chain.at(-1)?.message ?? String(error);
  if (names.has('KafkaJSSASLAuthenticationError')) return `the brokers refuse these credentials (${inner})`;
  if (chain.some(({ type }) => type?.endsWith('AUTHORIZATION_FAILED'))) return `not allowed on the brokers (${inner})`;
  if (names.has('KafkaJSConnectionError') || names.has('KafkaJSBrokerNotFound')) return `no broker answers (${inner})`;
  return inner.split('\n')[0] ?? inner;
};

/** Any failure as what callers of the port know. */
export const toEventLogError = (error: unknown, doing: string): EventLogError => {
  if (error instanceof EventLogError) return error;
  if (isFenced(error)) {
    return new EventLogError('writer_fenced', `${doing}: a later writer has taken the name`, { cause: error });
  }
  if (hasType(error, tooLarge)) {
    return new EventLogError('record_too_large', `${doing}: the topic takes no record so large`, { cause: error });
  }
  if (isUnknownTopic(error)) {
    return new EventLogError('topic_mismatch', `${doing}: there is no such topic`, { cause: error });
  }
  return new EventLogError('log_unavailable', `${doing}: ${plainReason(error)}`, { cause: error });
};

/** Runs `work`; whatever it rejects with becomes an `EventLogError`. */
export const reported = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw toEventLogError(error, doing);
  }
};

/** Rejects with `log_unavailable` when `work` takes longer than `ms`; kafkajs may wait for ever. */
export const within = async <T>(ms: number, doing: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new EventLogError('log_unavailable', `${doing}: no answer within ${ms} ms`));
    timer = setTimeout(fail, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
