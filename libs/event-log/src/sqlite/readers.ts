import { EventLogError, type SubscribeOptions, type Subscription } from '../event-log.ts';
import type { Logger } from '../logger.ts';
import type { RecordReader } from './records.ts';
import { createTopicReading, type TopicReading } from './topic-reading.ts';

/** One subscription's claim on one topic; it reads while it is the first of its group. */
interface Member {
  readonly options: SubscribeOptions;
  readonly topic: string;
  reading: TopicReading | undefined;
}

const within = async (work: Promise<unknown>, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new EventLogError('timeout', `not caught up within ${timeoutMs} ms`));
    timer = setTimeout(fail, timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The subscriptions of one log. Of a group, the member that came first has the topic; the next one follows when it leaves. */
export const createReaders = (reader: RecordReader, logger: Logger | undefined) => {
  let members: readonly Member[] = [];

  /** Lets the first of each group read. */
  const assign = (): void => {
    const taken = new Set<string>();
    for (const member of members) {
      const share = JSON.stringify([member.options.group, member.topic]);
      if (taken.has(share)) continue;
      taken.add(share);
      member.reading ??= createTopicReading(reader, member.topic, member.options, { random: Math.random, logger });
    }
  };

  const leave = async (leaving: readonly Member[]): Promise<void> => {
    await Promise.all(leaving.map((member) => member.reading?.stop()));
    members = members.filter((member) => !leaving.includes(member));
    assign();
  };

  const readingOf = (topic: string): readonly TopicReading[] =>
    members.filter((member) => member.topic === topic).flatMap((member) => member.reading ?? []);

  return {
    subscribe(options: SubscribeOptions): Subscription {
      const own = options.topics.map((topic): Member => ({ options, topic, reading: undefined }));
      members = [...members, ...own];
      assign();
      const readings = (): readonly TopicReading[] => own.flatMap((member) => member.reading ?? []);
      let closing: Promise<void> | undefined;
      return {
        async caughtUp(timeoutMs) {
          if (closing !== undefined) throw new EventLogError('closed', 'the subscription is closed');
          await within(Promise.all(readings().map((reading) => reading.reached())), timeoutMs);
        },
        async lag() {
          return readings().reduce((sum, reading) => sum + reading.lag(), 0);
        },
        close() {
          closing ??= leave(own);
          return closing;
        },
      };
    },
    wake(topics: ReadonlySet<string>): void {
      for (const member of members) if (topics.has(member.topic)) member.reading?.wake();
    },
    /** The lowest position of those who read a topic now. */
    handledUpTo: (topic: string): number => Math.min(...readingOf(topic).map((reading) => reading.position ?? 0)),
    close: (): Promise<void> => leave(members),
  };
};
