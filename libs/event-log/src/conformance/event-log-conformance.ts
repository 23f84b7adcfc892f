import { setTimeout as delay } from 'node:timers/promises';
import type { TopicDefinition } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventLog, LogGap } from '../event-log.ts';
import { recorder } from './recorder.ts';
import { freshGroup, freshTopic, plainRecord } from './samples.ts';

/** One log under test, and what a test may do to it. */
export interface EventLogAdapter {
  /** A handle on the log; after `end` another one on the same log. */
  open(): Promise<EventLog>;
  /** Ends the open handle: `close` as a stop does, `crash` as kill -9 does. Acknowledged appends survive both. */
  end(log: EventLog, how: 'close' | 'crash'): Promise<void>;
  /** Makes what is on the topics now older than their retention, and has it deleted. */
  expire(log: EventLog, topics: readonly TopicDefinition[]): Promise<void>;
  /** Frees everything. */
  dispose(): Promise<void>;
}

const patience = { timeout: 15_000, interval: 10 };

/** What every event log must do, whatever it is made of. */
export const eventLogConformance = (name: string, makeAdapter: () => Promise<EventLogAdapter>): void => {
  describe(`${name} as an event log`, () => {
    let adapter: EventLogAdapter;
    let log: EventLog;

    beforeEach(async () => {
      adapter = await makeAdapter();
      log = await adapter.open();
    });
    afterEach(async () => {
      await adapter.end(log, 'close');
      await adapter.dispose();
    });

    const madeTopic = async (cleanup?: TopicDefinition['cleanup']): Promise<TopicDefinition> => {
      const topic = freshTopic(cleanup);
      await log.ensureTopics([topic]);
      return topic;
    };

    it('hands out records whole, in the order of each key', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('whole');
      const headers = { ce_type: 'größer', 'content-type': 'application/json', ce_x: '' };
      await writer.append([
        { topic: topic.name, key: 'a', value: '{"n":1,"text":"☃ 𝄞 \\u0000"}', headers },
        { topic: topic.name, key: 'a', value: undefined, headers: {} },
      ]);
      for (let n = 0; n < 20; n++) await writer.append(['b', 'c'].map((key) => plainRecord(topic, key, String(n))));
      const reader = recorder();
      const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
      await subscription.caughtUp(15_000);
      const [first] = reader.handled.filter(({ key }) => key === 'a');
      expect(first).toMatchObject({ topic: topic.name, headers, value: '{"n":1,"text":"☃ 𝄞 \\u0000"}' });
      expect(reader.valuesOf('a')[1]).toBeUndefined();
      const inOrder = Array.from({ length: 20 }, (_, n) => String(n));
      expect(reader.valuesOf('b')).toEqual(inOrder);
      expect(reader.valuesOf('c')).toEqual(inOrder);
      await subscription.close();
    });

    it('appends all records or none', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('all-or-none');
      const tooLarge = plainRecord(topic, 'a', 'x'.repeat(5_000_000));
      const append = writer.append([plainRecord(topic, 'a', 'before'), tooLarge]);
      await expect(append).rejects.toMatchObject({ code: 'record_too_large' });
      await writer.append([plainRecord(topic, 'a', 'after')]);
      const reader = recorder();
      const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
      await subscription.caughtUp(15_000);
      expect(reader.valuesOf('a')).toEqual(['after']);
      await subscription.close();
    });

    it('refuses a topic that is not there', async () => {
      const writer = await log.openWriter('nowhere');
      const append = writer.append([plainRecord(freshTopic(), 'a', '1')]);
      await expect(append).rejects.toMatchObject({ code: 'topic_mismatch' });
      const subscribe = log.subscribe(recorder().options(freshGroup(), [freshTopic()]));
      await expect(subscribe).rejects.toMatchObject({ code: 'topic_mismatch' });
    });

    it('fences a writer off for good when its name is opened again, and no other', async () => {
      const topic = await madeTopic();
      const early = await log.openWriter(`fenced-${topic.name}`);
      const other = await log.openWriter(`other-${topic.name}`);
      await early.append([plainRecord(topic, 'a', 'early')]);
      const late = await log.openWriter(`fenced-${topic.name}`);
      for (let attempt = 0; attempt < 2; attempt++) {
        const append = early.append([plainRecord(topic, 'a', 'too late')]);
        await expect(append).rejects.toMatchObject({ code: 'writer_fenced' });
      }
      await late.append([plainRecord(topic, 'a', 'late')]);
      await other.append([plainRecord(topic, 'b', 'other')]);
      const reader = recorder();
      const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
      await subscription.caughtUp(15_000);
      expect(reader.valuesOf('a')).toEqual(['early', 'late']);
      expect(reader.valuesOf('b')).toEqual(['other']);
      await subscription.close();
    });

    it('goes on at the positions that were saved, and reads what is not saved from the start', async () => {
      const [seen, unseen] = [await madeTopic(), await madeTopic()];
      const writer = await log.openWriter('positions');
      await writer.append([plainRecord(seen, 'a', '1'), plainRecord(unseen, 'b', '1')]);
      const group = freshGroup();
      const first = recorder();
      const before = await log.subscribe(first.options(group, [seen]));
      await before.caughtUp(15_000);
      await before.close();
      await writer.append([plainRecord(seen, 'a', '2')]);
      const second = recorder();
      second.setPositions(structuredClone(first.positions));
      const after = await log.subscribe(second.options(group, [seen, unseen]));
      await after.caughtUp(15_000);
      expect(second.valuesOf('a')).toEqual(['2']);
      expect(second.valuesOf('b')).toEqual(['1']);
      await after.close();
    });

    it('keeps acknowledged records and its identity over a stop and a crash', async () => {
      const topic = await madeTopic();
      const identity = await log.identity([topic.name]);
      expect(identity.topicIds[topic.name]).toBeTruthy();
      for (const how of ['close', 'crash'] as const) {
        const writer = await log.openWriter('survivor');
        await writer.append([plainRecord(topic, 'a', how)]);
        await adapter.end(log, how);
        log = await adapter.open();
      }
      expect(await log.identity([topic.name])).toEqual(identity);
      const reader = recorder();
      const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
      await subscription.caughtUp(15_000);
      expect(reader.valuesOf('a')).toEqual(['close', 'crash']);
      await subscription.close();
    });

    it('gives every topic an id of its own', async () => {
      const [one, two] = [await madeTopic(), await madeTopic()];
      const { topicIds } = await log.identity([one.name, two.name]);
      expect(topicIds[one.name]).not.toBe(topicIds[two.name]);
    });

    it('takes the same topics again and refuses one with another cleanup', async () => {
      const topic = await madeTopic('delete');
      await log.ensureTopics([topic]);
      await expect(log.ensureTopics([{ ...topic, cleanup: 'compact' }])).rejects.toMatchObject({
        code: 'topic_mismatch',
      });
    });

    it('delivers a batch again when handling it failed, and nothing of its partition before', async () => {
      const [failing, fine] = [await madeTopic(), await madeTopic()];
      const writer = await log.openWriter('again');
      await writer.append([plainRecord(failing, 'a', '1'), plainRecord(fine, 'b', '1')]);
      const reader = recorder();
      const offered: (string | undefined)[] = [];
      let failures = 3;
      const subscription = await log.subscribe(
        reader.options(freshGroup(), [failing, fine], {
          handle: async (batch) => {
            if (batch.topic === failing.name) {
              offered.push(batch.records[0]?.value);
              failures -= 1;
              if (failures >= 0) throw new Error('not now');
            }
            reader.keep(batch);
          },
        }),
      );
      await vi.waitFor(() => expect(offered.length).toBeGreaterThan(0), patience);
      await writer.append([plainRecord(failing, 'a', '2'), plainRecord(fine, 'b', '2')]);
      await vi.waitFor(() => expect(reader.valuesOf('b')).toEqual(['1', '2']), patience);
      await subscription.caughtUp(15_000);
      expect(offered.slice(0, 4)).toEqual(['1', '1', '1', '1']);
      expect(reader.valuesOf('a')).toEqual(['1', '2']);
      await subscription.close();
    });

    it('hands out one batch at a time per partition', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('one-at-a-time');
      const busy = new Set<number>();
      let overlaps = 0;
      const reader = recorder();
      const subscription = await log.subscribe(
        reader.options(freshGroup(), [topic], {
          handle: async (batch) => {
            if (busy.has(batch.partition)) overlaps += 1;
            busy.add(batch.partition);
            await delay(5);
            busy.delete(batch.partition);
            reader.keep(batch);
          },
        }),
      );
      for (let n = 0; n < 20; n++) await writer.append([plainRecord(topic, `k${n % 5}`, String(n))]);
      await subscription.caughtUp(15_000);
      expect(overlaps).toBe(0);
      expect(reader.handled).toHaveLength(20);
      await subscription.close();
    });

    it('says how far behind a subscription is, and when it has caught up', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('lag');
      await writer.append(Array.from({ length: 7 }, (_, n) => plainRecord(topic, 'a', String(n))));
      const gate = Promise.withResolvers<void>();
      const reader = recorder();
      const subscription = await log.subscribe(
        reader.options(freshGroup(), [topic], {
          handle: async (batch) => {
            await gate.promise;
            reader.keep(batch);
          },
        }),
      );
      await vi.waitFor(async () => expect(await subscription.lag()).toBe(7), patience);
      await expect(subscription.caughtUp(50)).rejects.toMatchObject({ code: 'timeout' });
      gate.resolve();
      await subscription.caughtUp(15_000);
      expect(reader.handled).toHaveLength(7);
      expect(await subscription.lag()).toBe(0);
      await subscription.close();
      await expect(subscription.caughtUp(1_000)).rejects.toMatchObject({ code: 'closed' });
    });

    it('finishes the batch in hand when it is closed, and hands out no other', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('closing');
      await writer.append([plainRecord(topic, 'a', '1')]);
      const gate = Promise.withResolvers<void>();
      const reader = recorder();
      let started = 0;
      const subscription = await log.subscribe(
        reader.options(freshGroup(), [topic], {
          handle: async (batch) => {
            started += 1;
            await gate.promise;
            reader.keep(batch);
          },
        }),
      );
      await vi.waitFor(() => expect(started).toBe(1), patience);
      await writer.append([plainRecord(topic, 'a', '2')]);
      const closing = subscription.close();
      gate.resolve();
      await closing;
      await delay(50);
      expect(reader.valuesOf('a')).toEqual(['1']);
    });

    it('lets one member of a group handle a record, and another go on where it left', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('group');
      const group = freshGroup();
      // One set of positions for both, as members of a group share a store.
      const shared = recorder();
      const one = await log.subscribe(shared.options(group, [topic]));
      const two = await log.subscribe(shared.options(group, [topic]));
      await writer.append(Array.from({ length: 10 }, (_, n) => plainRecord(topic, `k${n}`, 'early')));
      await vi.waitFor(() => expect(shared.handled).toHaveLength(10), patience);
      await one.close();
      await writer.append(Array.from({ length: 10 }, (_, n) => plainRecord(topic, `k${n}`, 'late')));
      await vi.waitFor(() => expect(shared.handled).toHaveLength(20), patience);
      for (let n = 0; n < 10; n++) expect(shared.valuesOf(`k${n}`)).toEqual(['early', 'late']);
      await two.close();
    });

    it('gives the last state of every key of a compacted topic to whoever reads it from the start', async () => {
      const topic = await madeTopic('compact');
      const writer = await log.openWriter('compacted');
      for (let n = 0; n < 5; n++)
        await writer.append(['a', 'b', 'c'].map((key) => plainRecord(topic, key, `${key}${n}`)));
      await writer.append([plainRecord(topic, 'c', undefined)]);
      await log.maintain();
      const reader = recorder();
      const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
      await subscription.caughtUp(15_000);
      expect(['a', 'b', 'c'].map((key) => reader.valuesOf(key).at(-1))).toEqual(['a4', 'b4', undefined]);
      await subscription.close();
    });

    it('tells a subscriber whose position was deleted, asks for positions again and reads from the start', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('deleted');
      const group = freshGroup();
      const reader = recorder();
      await writer.append([plainRecord(topic, 'a', '1')]);
      const before = await log.subscribe(reader.options(group, [topic]));
      await before.caughtUp(15_000);
      await before.close();
      await writer.append([plainRecord(topic, 'a', 'lost'), plainRecord(topic, 'a', 'lost')]);
      await adapter.expire(log, [topic]);
      await writer.append([plainRecord(topic, 'a', 'kept')]);
      const gaps: LogGap[] = [];
      const after = await log.subscribe(
        reader.options(group, [topic], {
          onGap: async (gap) => {
            gaps.push(gap);
            reader.setPositions({});
          },
        }),
      );
      await vi.waitFor(() => expect(reader.valuesOf('a')).toEqual(['1', 'kept']), patience);
      expect(gaps.map((gap) => gap.topic)).toEqual([topic.name]);
      await after.close();
    });

    it('tells a subscriber whose position lies behind the end of the log', async () => {
      const topic = await madeTopic();
      const writer = await log.openWriter('beyond');
      await writer.append([plainRecord(topic, 'a', '1')]);
      const reader = recorder();
      const beyond = Object.fromEntries(Array.from({ length: topic.partitions }, (_, n) => [n, 1_000_000]));
      reader.setPositions({ [topic.name]: beyond });
      const gaps: LogGap[] = [];
      const subscription = await log.subscribe(
        reader.options(freshGroup(), [topic], {
          onGap: async (gap) => {
            gaps.push(gap);
            reader.setPositions({});
          },
        }),
      );
      await vi.waitFor(() => expect(reader.valuesOf('a')).toEqual(['1']), patience);
      expect(gaps[0]).toMatchObject({ topic: topic.name, position: 1_000_000 });
      await subscription.close();
    });
  });
};
