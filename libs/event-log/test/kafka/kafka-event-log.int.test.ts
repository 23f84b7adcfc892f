import { setTimeout as delay } from 'node:timers/promises';
import type { TopicDefinition } from '@gatehouse/contracts';
import { mustSkipServerTests } from '@gatehouse/test-servers';
import kafkajs from 'kafkajs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { recorder } from '../../src/conformance/recorder.ts';
import { freshGroup, freshTopic, plainRecord } from '../../src/conformance/samples.ts';
import type { LogGap, RecordBatch } from '../../src/index.ts';
import { applyTopics, checkTopics, describeDifference, type KafkaEventLog, planTopics } from '../../src/kafka/index.ts';
import { deleteRecords, sendAborted, sendRaw, withAdmin } from './broker.ts';
import { freshPrefix, openLog, rememberingLogger, sharedBrokers } from './support.ts';

const patience = { timeout: 30_000, interval: 20 };
const skip = await mustSkipServerTests('kafka');

describe.skipIf(skip)('the event log on Kafka', () => {
  let brokers: string;
  beforeAll(async () => {
    brokers = await sharedBrokers();
  });

  const withTopic = async (prefix = freshPrefix(), partitions = 3, cleanup: TopicDefinition['cleanup'] = 'delete') => {
    const log = openLog(brokers, prefix);
    const topic = freshTopic(cleanup, partitions);
    await log.ensureTopics([topic]);
    return { log, topic, prefix, physical: `${prefix}${topic.name}` };
  };
  const numbered = (topic: TopicDefinition, count: number, keys = 12) =>
    Array.from({ length: count }, (_, n) => plainRecord(topic, `k${n % keys}`, String(n)));

  it('refuses a relay that wakes up after another has taken its name, in another process too', async () => {
    const { log, topic, prefix } = await withTopic();
    const other = openLog(brokers, prefix);
    const late = await log.openWriter('relay');
    await late.append([plainRecord(topic, 'a', '1')]);
    const heir = await other.openWriter('relay');
    await heir.append([plainRecord(topic, 'a', '2')]);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(late.append([plainRecord(topic, 'a', 'late')])).rejects.toMatchObject({ code: 'writer_fenced' });
    }
    const reader = recorder();
    const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
    await subscription.caughtUp(15_000);
    expect(reader.valuesOf('a')).toEqual(['1', '2']);
  });

  it('leaves nothing of a writer that died in the middle of an append', async () => {
    const { log, topic, physical } = await withTopic();
    await sendAborted(brokers, physical, [{ key: 'a', value: 'given up' }]);
    const writer = await log.openWriter('w');
    await writer.append([plainRecord(topic, 'a', 'kept')]);
    await sendAborted(brokers, physical, [{ key: 'a', value: 'given up, too' }]);
    const reader = recorder();
    const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
    await subscription.caughtUp(15_000);
    expect(reader.valuesOf('a')).toEqual(['kept']);
    expect(await subscription.lag()).toBe(0);
  });

  it('appends more than one request holds as one transaction, in order', async () => {
    const { log, topic } = await withTopic(undefined, 1);
    const writer = await log.openWriter('large');
    const large = '☃'.repeat(100_000);
    await writer.append(Array.from({ length: 10 }, (_, n) => plainRecord(topic, 'a', `${n}${large}`)));
    const reader = recorder();
    const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
    await subscription.caughtUp(15_000);
    expect(reader.valuesOf('a').map((value) => value?.[0])).toEqual([...'0123456789']);
  });

  it('shares a group between members without handling anything twice, also when one joins or leaves meanwhile', async () => {
    const prefix = freshPrefix();
    // Slow batches leave fetching free at once, so that partitions are taken away while they are in hand.
    const timing = { slowBatchMs: 50, heartbeatMs: 300 };
    const [log, other] = [openLog(brokers, prefix, { timing }), openLog(brokers, prefix, { timing })];
    const topic = freshTopic('delete', 6);
    await log.ensureTopics([topic]);
    const writer = await log.openWriter('w');
    const group = freshGroup();
    const shared = recorder();
    const overlapping: string[] = [];
    const inHand = new Set<number>();
    const handle = async (batch: RecordBatch): Promise<void> => {
      if (inHand.has(batch.partition)) overlapping.push(`partition ${batch.partition}`);
      inHand.add(batch.partition);
      await delay(batch.partition < 4 ? 2_500 : 5);
      shared.keep(batch);
      inHand.delete(batch.partition);
    };
    const options = shared.options(group, [topic], { handle });
    let done = false;
    const count = { sent: 0 };
    const sending = (async () => {
      while (!done) {
        await writer.append(numbered(topic, 24));
        count.sent += 24;
        await delay(100);
      }
    })();
    const one = await log.subscribe(options);
    await vi.waitFor(() => expect(shared.handled.length).toBeGreaterThan(0), patience);
    const two = await other.subscribe(options);
    await delay(4_000);
    await one.close();
    await delay(1_500);
    done = true;
    await sending;
    await two.caughtUp(30_000);
    expect(overlapping).toEqual([]);
    expect(shared.handled).toHaveLength(count.sent);
    expect(new Set(shared.handled.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(count.sent);
    await two.close();
  });

  it('spreads partitions evenly once the work that held them is done', async () => {
    const prefix = freshPrefix();
    const timing = { slowBatchMs: 50, heartbeatMs: 300, spreadMs: 1_000 };
    const [log, other] = [openLog(brokers, prefix, { timing }), openLog(brokers, prefix, { timing })];
    const topic = freshTopic('delete', 4);
    await log.ensureTopics([topic]);
    const writer = await log.openWriter('w');
    const group = freshGroup();
    const shared = recorder();
    const partitionsOf = { one: new Set<number>(), two: new Set<number>() };
    let slowMs = 3_000;
    const member = (name: 'one' | 'two') =>
      shared.options(group, [topic], {
        handle: async (batch) => {
          partitionsOf[name].add(batch.partition);
          await delay(slowMs);
          shared.keep(batch);
        },
      });
    await writer.append(numbered(topic, 40, 40));
    const one = await log.subscribe(member('one'));
    await vi.waitFor(() => expect(partitionsOf.one.size).toBe(4), patience);
    const two = await other.subscribe(member('two'));
    await delay(1_500);
    expect(partitionsOf.two.size).toBe(0);
    slowMs = 1;
    await vi.waitFor(async () => {
      await writer.append(numbered(topic, 40, 40));
      expect(partitionsOf.two.size).toBe(2);
    }, patience);
    await Promise.all([one.close(), two.close()]);
  }, 45_000);

  it('knows what other members of the group have reached', async () => {
    const { log, topic, prefix, physical } = await withTopic(undefined, 4);
    const other = openLog(brokers, prefix);
    const writer = await log.openWriter('w');
    const shared = recorder();
    const options = shared.options(freshGroup(), [topic]);
    const one = await log.subscribe(options);
    const two = await other.subscribe(options);
    await writer.append(numbered(topic, 40));
    await sendAborted(brokers, physical, [
      { key: 'k1', value: 'x' },
      { key: 'k2', value: 'x' },
    ]);
    await Promise.all([one.caughtUp(20_000), two.caughtUp(20_000)]);
    expect(shared.handled).toHaveLength(40);
    await Promise.all([one.close(), two.close()]);
  });

  it('stays in its group while handling takes longer than a session', async () => {
    const prefix = freshPrefix();
    const rebalances: string[] = [];
    const metrics = { restarted: () => undefined, rebalanced: (group: string) => rebalances.push(group) };
    const timing = { sessionMs: 6_000, heartbeatMs: 500, slowBatchMs: 100 };
    const log = openLog(brokers, prefix, { metrics, timing });
    const topic = freshTopic('delete', 2);
    await log.ensureTopics([topic]);
    const writer = await log.openWriter('w');
    await writer.append([plainRecord(topic, 'a', 'long')]);
    const reader = recorder();
    const group = freshGroup();
    let handled = 0;
    const subscription = await log.subscribe(
      reader.options(group, [topic], {
        handle: async (batch) => {
          handled += 1;
          if (handled === 1) await delay(8_000);
          reader.keep(batch);
        },
      }),
    );
    await subscription.caughtUp(20_000);
    expect(handled).toBe(1);
    expect(rebalances.filter((name) => name === group)).toHaveLength(1);
    await subscription.close();
  }, 40_000);

  it('tells of records that are deleted before its very eyes', async () => {
    const { log, topic, physical } = await withTopic(undefined, 1);
    const writer = await log.openWriter('w');
    const reader = recorder();
    const gaps: LogGap[] = [];
    const gate = Promise.withResolvers<void>();
    const subscription = await log.subscribe(
      reader.options(freshGroup(), [topic], {
        handle: async (batch) => {
          await gate.promise;
          reader.keep(batch);
        },
        onGap: async (gap) => {
          gaps.push(gap);
          reader.setPositions({});
        },
      }),
    );
    await writer.append([plainRecord(topic, 'a', '1')]);
    await delay(1_500);
    await writer.append([plainRecord(topic, 'a', '2')]);
    await deleteRecords(brokers, [physical]);
    await writer.append([plainRecord(topic, 'a', '3')]);
    gate.resolve();
    await vi.waitFor(() => expect(reader.valuesOf('a')).toEqual(['1', '3']), patience);
    expect(gaps).toEqual([{ topic: topic.name, partition: 0, position: 2 }]);
    await subscription.close();
  });

  it('tells each lost position once, however many there are and though nobody corrects them', async () => {
    const partitions = 8;
    const { log, topic } = await withTopic(undefined, partitions);
    const writer = await log.openWriter('w');
    const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
    await writer.append(keys.map((key) => plainRecord(topic, key, 'new')));
    const reader = recorder();
    reader.setPositions({ [topic.name]: Object.fromEntries(Array.from({ length: partitions }, (_, n) => [n, 1_000])) });
    const told: number[] = [];
    const subscription = await log.subscribe(
      reader.options(freshGroup(), [topic], { onGap: async ({ partition }) => void told.push(partition) }),
    );
    await vi.waitFor(() => expect(new Set(reader.handled.map(({ key }) => key)).size).toBe(keys.length), patience);
    expect(told.toSorted()).toEqual(Array.from({ length: partitions }, (_, n) => n));
    await subscription.close();
  });

  it('gives a topic that was made anew another id, and reads it from its start', async () => {
    const { log, topic, physical } = await withTopic(undefined, 1);
    const writer = await log.openWriter('w');
    await writer.append([plainRecord(topic, 'a', 'old'), plainRecord(topic, 'a', 'old')]);
    const reader = recorder();
    const first = await log.subscribe(reader.options(freshGroup(), [topic]));
    await first.caughtUp(15_000);
    await first.close();
    const before = await log.identity([topic.name]);
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [physical] }));
    await delay(1_000);
    await log.ensureTopics([topic]);
    const after = await log.identity([topic.name]);
    expect(after.logId).toBe(before.logId);
    expect(after.topicIds[topic.name]).not.toBe(before.topicIds[topic.name]);
    const heir = await log.openWriter('w');
    await heir.append([plainRecord(topic, 'a', 'new')]);
    const gaps: LogGap[] = [];
    const second = await log.subscribe(
      reader.options(freshGroup(), [topic], {
        onGap: async (gap) => {
          gaps.push(gap);
          reader.setPositions({});
        },
      }),
    );
    await vi.waitFor(() => expect(reader.valuesOf('a')).toEqual(['old', 'old', 'new']), patience);
    expect(gaps).toHaveLength(1);
    await second.close();
  });

  it('notices that a topic is made anew while it reads', async () => {
    const { log, topic, physical } = await withTopic(undefined, 1);
    const writer = await log.openWriter('w');
    await writer.append([plainRecord(topic, 'a', 'old')]);
    const reader = recorder();
    const gaps: LogGap[] = [];
    const subscription = await log.subscribe(
      reader.options(freshGroup(), [topic], {
        onGap: async (gap) => {
          gaps.push(gap);
          reader.setPositions({});
        },
      }),
    );
    await subscription.caughtUp(15_000);
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [physical] }));
    await delay(500);
    await log.ensureTopics([topic]);
    const heir = await log.openWriter('w');
    await heir.append(Array.from({ length: 5 }, (_, n) => plainRecord(topic, 'a', `new ${n}`)));
    await vi.waitFor(
      () => expect(reader.valuesOf('a').slice(-5)).toEqual([0, 1, 2, 3, 4].map((n) => `new ${n}`)),
      patience,
    );
    expect(gaps.length).toBeGreaterThanOrEqual(1);
    expect(reader.valuesOf('a').filter((value) => value === 'new 0')).toHaveLength(1);
    await subscription.close();
  }, 60_000);

  it('hands out what others have written: no headers, no key, repeated headers, 2 MB, tombstones of nobody', async () => {
    const { log, topic, physical } = await withTopic(undefined, 1);
    await withAdmin(brokers, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: physical,
            configEntries: [{ name: 'max.message.bytes', value: '4000000' }],
          },
        ],
      }),
    );
    await sendRaw(brokers, physical, [
      { key: 'bare', value: 'no headers' },
      { value: 'no key' },
      { key: 'gone', value: null },
      { key: 'many', value: '', headers: { CE_Type: ['first', 'last'] } },
    ]);
    await sendRaw(brokers, physical, [{ key: 'large', value: 'x'.repeat(2_000_000) }]);
    await sendRaw(brokers, physical, [{ key: 'after', value: 'it' }]);
    const reader = recorder();
    const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
    await subscription.caughtUp(15_000);
    expect(reader.handled.map(({ key, value, headers }) => [key, value?.slice(0, 10), headers])).toEqual([
      ['bare', 'no headers', {}],
      ['', 'no key', {}],
      ['gone', undefined, {}],
      ['many', '', { ce_type: 'last' }],
      ['large', 'xxxxxxxxxx', {}],
      ['after', 'it', {}],
    ]);
    await subscription.close();
  });

  describe('its topics', () => {
    const connection = () => ({ brokers: brokers.split(','), clientId: 'test' });
    const { logger } = rememberingLogger();

    it('are planned, made once, and put right where that does no harm', async () => {
      const options = { prefix: freshPrefix(), replicationFactor: 1 };
      const topics = [freshTopic('delete', 2), freshTopic('compact', 1)];
      const plan = await planTopics(connection(), topics, options, logger);
      expect(plan.map(describeDifference)).toHaveLength(3);
      expect(plan.every(({ kind }) => kind === 'missing')).toBe(true);
      await expect(checkTopics(connection(), topics, options, logger)).rejects.toMatchObject({
        code: 'topic_mismatch',
        message: expect.stringContaining(`topic ${options.prefix}${topics[1]?.name} is missing`),
      });
      const twice = await Promise.all([1, 2].map(() => applyTopics(connection(), topics, options, logger)));
      expect(twice.flat().length).toBeGreaterThanOrEqual(3);
      await checkTopics(connection(), topics, options, logger);
      expect(await applyTopics(connection(), topics, options, logger)).toEqual([]);

      const longer = topics.map((topic) => ({ ...topic, retentionMs: topic.retentionMs * 2 }));
      const changed = await applyTopics(connection(), longer, options, logger);
      expect(changed.map(({ kind }) => kind)).toContain('config');
      await checkTopics(connection(), longer, options, logger);
    });

    it('are left alone when partitions or cleanup differ, and each is named', async () => {
      const options = { prefix: freshPrefix(), replicationFactor: 1 };
      const [facts, state] = [freshTopic('delete', 2), freshTopic('compact', 1)];
      await applyTopics(connection(), [facts, state], options, logger);
      const wrong = [
        { ...facts, partitions: 6, retentionMs: 1 },
        { ...state, cleanup: 'delete' as const },
      ];
      const refused = await applyTopics(connection(), wrong, options, logger).catch((error: Error) => error);
      expect(String(refused)).toContain('has partitions 2, not 6');
      expect(String(refused)).toContain('has cleanup.policy compact, not delete');
      await checkTopics(connection(), [facts, state], options, logger);
    });

    it('are only looked at by a service', async () => {
      const log = openLog(brokers, freshPrefix(), { createTopics: false });
      const topic = freshTopic();
      for (let attempt = 0; attempt < 2; attempt++) {
        const refused = log.ensureTopics([topic]);
        await expect(refused).rejects.toMatchObject({
          code: 'topic_mismatch',
          message: expect.stringContaining('missing'),
        });
      }
    });
  });

  describe('its dead letters', () => {
    const letter = (consumer: string, key: string, value = '{}') => ({
      consumer,
      record: { topic: 't', partition: 0, offset: 7, key, value, headers: { ce_type: 'sample' } },
      reason: 'broken',
      parkedAt: 1_700_000_000_000,
    });
    const twoProcesses = async (): Promise<readonly [KafkaEventLog, KafkaEventLog]> => {
      const { log, prefix } = await withTopic();
      return [log, openLog(brokers, prefix)];
    };

    it('are known to every process, and after a restart', async () => {
      const [one, two] = await twoProcesses();
      const consumer = freshGroup();
      expect((await two.deadLetters.parkedAmong(consumer, ['a'])).size).toBe(0);
      await one.deadLetters.park([letter(consumer, 'a')]);
      expect(await two.deadLetters.letters(consumer, 'a', 10)).toEqual([letter(consumer, 'a')]);
      expect([...(await two.deadLetters.parkedAmong(consumer, ['a', 'b']))]).toEqual(['a']);
      expect(await two.deadLetters.drop(consumer, 'a')).toBe(1);
      expect(await one.deadLetters.list({ consumer, limit: 10 })).toEqual([]);
    });

    it('are replayed by the process that has their partition, whoever asks', async () => {
      const { log: tool, topic, prefix } = await withTopic(undefined, 4);
      const group = freshGroup();
      const shared = recorder();
      const answered: string[] = [];
      const members = await Promise.all(
        ['one', 'two'].map(async (name) => {
          const log = openLog(brokers, prefix);
          await log.deadLetters.list({ limit: 1 });
          log.deadLetters.onReplayRequested(async ({ consumer, key }) => {
            answered.push(`${name} ${key}`);
            await log.deadLetters.drop(consumer, key);
          });
          const subscription = await log.subscribe(shared.options(group, [topic]));
          return { name, subscription };
        }),
      );
      const writer = await tool.openWriter('w');
      await writer.append(numbered(topic, 40));
      await Promise.all(members.map(({ subscription }) => subscription.caughtUp(15_000)));
      await delay(2_000);
      const keys = ['a', 'b', 'c', 'd'];
      await tool.deadLetters.park(
        keys.map((key, partition) => ({
          ...letter(group, key),
          record: { ...letter(group, key).record, topic: topic.name, partition },
        })),
      );
      for (const key of keys) await tool.deadLetters.requestReplay(group, key);
      await vi.waitFor(
        async () => expect(await tool.deadLetters.list({ consumer: group, limit: 10 })).toEqual([]),
        patience,
      );
      expect(answered.map((line) => line.slice(4)).toSorted()).toEqual(keys);
      expect(new Set(answered.map((line) => line.slice(0, 3))).size).toBe(2);
    });

    it('may be larger than a record', async () => {
      const [one, two] = await twoProcesses();
      const consumer = freshGroup();
      const large = letter(consumer, 'large', '☃'.repeat(2_000_000));
      await one.deadLetters.park([large, letter(consumer, 'small')]);
      const [found] = await two.deadLetters.letters(consumer, 'large', 10);
      expect(found?.record.value?.length).toBe(2_000_000);
      expect(found).toEqual(large);
      await two.deadLetters.remove(large);
      expect(await one.deadLetters.list({ consumer, limit: 10 })).toMatchObject([{ key: 'small', letters: 1 }]);
    });
  });
});
