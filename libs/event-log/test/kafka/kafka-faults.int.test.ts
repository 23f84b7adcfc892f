import { setTimeout as delay } from 'node:timers/promises';
import type { TopicDefinition } from '@gatehouse/contracts';
import { freePort, mustSkipServerTests, type OwnKafka, startOwnKafka } from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { recorder } from '../../src/conformance/recorder.ts';
import { freshGroup, freshTopic, plainRecord } from '../../src/conformance/samples.ts';
import type { EventWriter } from '../../src/index.ts';
import type { KafkaEventLog } from '../../src/kafka/index.ts';
import { freshPrefix, openLog, rememberingLogger } from './support.ts';

const patience = { timeout: 60_000, interval: 50 };
const skip = await mustSkipServerTests('kafka');
const short = {
  connectMs: 1_000,
  requestMs: 2_000,
  appendMs: 3_000,
  sessionMs: 6_000,
  heartbeatMs: 500,
  rebalanceMs: 6_000,
  stuckMs: 9_000,
};

const letterAt = (topic: TopicDefinition, offset: number) => ({
  consumer: 'consumer',
  record: { ...plainRecord(topic, 'a', '{}'), partition: 0, offset },
  reason: 'broken',
  parkedAt: 1_700_000_000_000,
});

describe.skipIf(skip)('the event log on a Kafka that fails', () => {
  let kafka: OwnKafka;
  beforeAll(async () => {
    kafka = await startOwnKafka({ sasl: { username: 'gatehouse', password: 'right' } });
  }, 120_000);
  afterAll(() => kafka.stop());

  /** Appends each number until the log has taken it, as a relay does. */
  const appendAll = async (
    log: KafkaEventLog,
    topic: TopicDefinition,
    numbers: readonly number[],
    isOver: () => boolean,
  ): Promise<{ readonly acknowledged: number; readonly failures: readonly string[] }> => {
    let writer: EventWriter | undefined;
    const failures: string[] = [];
    let acknowledged = 0;
    for (const n of numbers) {
      for (let sent = false; !sent && !isOver(); ) {
        try {
          writer ??= await log.openWriter('relay');
          await writer.append([plainRecord(topic, 'a', String(n))]);
          acknowledged += 1;
          sent = true;
        } catch (error) {
          const code = (error as { code?: string }).code ?? 'none';
          failures.push(code);
          if (code === 'writer_fenced') {
            await writer?.close();
            writer = undefined;
          }
          await delay(100);
        }
      }
      await delay(10);
    }
    return { acknowledged, failures };
  };

  const firsts = (values: readonly (string | undefined)[]) => [...new Set(values)];

  it.each(['pause', 'kill'] as const)(
    'loses and disorders nothing when the broker is gone for a while (%s), and goes on by itself',
    async (fault) => {
      const { logger, lines } = rememberingLogger();
      const log = openLog(kafka.brokers, freshPrefix(), { timing: short, logger });
      const topic = freshTopic('delete', 1);
      await log.ensureTopics([topic]);
      const reader = recorder();
      const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
      await subscription.caughtUp(15_000);
      const numbers = Array.from({ length: 150 }, (_, n) => n);
      let over = false;
      const appending = appendAll(log, topic, numbers, () => over);
      await vi.waitFor(() => expect(reader.handled.length).toBeGreaterThan(20), patience);

      if (fault === 'pause') await kafka.pause();
      else await kafka.kill();
      await delay(12_000);
      await expect(log.identity([topic.name])).rejects.toMatchObject({ code: 'log_unavailable' });
      if (fault === 'pause') await kafka.resume();
      else await kafka.restart();

      const { acknowledged, failures } = await appending;
      expect(acknowledged).toBe(150);
      expect(failures.length).toBeGreaterThan(0);
      expect(failures.every((code) => code === 'log_unavailable' || code === 'writer_fenced')).toBe(true);
      await vi.waitFor(() => expect(firsts(reader.valuesOf('a'))).toEqual(numbers.map(String)), patience);
      await subscription.caughtUp(20_000);
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
      over = true;
      await subscription.close();
    },
    180_000,
  );

  it('goes on after the broker has closed idle connections, without a warning of Node', async () => {
    const warnings: string[] = [];
    const keep = ({ name }: Error) => warnings.push(name);
    process.on('warning', keep);
    const idle = await startOwnKafka({ config: { 'connections.max.idle.ms': '1500' } });
    onTestFinished(async () => {
      process.off('warning', keep);
      await idle.stop();
    });
    const log = openLog(idle.brokers, freshPrefix());
    const topic = freshTopic('delete', 1);
    await log.ensureTopics([topic]);
    const writer = await log.openWriter('w');
    const reader = recorder();
    const subscription = await log.subscribe(reader.options(freshGroup(), [topic]));
    for (let n = 0; n < 3; n++) {
      await writer.append([plainRecord(topic, 'a', String(n))]);
      await subscription.caughtUp(10_000);
      await log.deadLetters.park([letterAt(topic, n)]);
      await delay(4_000);
      expect((await log.identity([topic.name])).topicIds).toHaveProperty([topic.name]);
    }
    expect(reader.valuesOf('a')).toEqual(['0', '1', '2']);
    expect(await log.deadLetters.letters('consumer', 'a', 10)).toHaveLength(3);
    expect(warnings).not.toContain('TimeoutNegativeWarning');
    await log.close();
  }, 90_000);

  it('says in one line that no broker answers', async () => {
    const log = openLog(`127.0.0.1:${await freePort()}`, '', { timing: short, createTopics: false });
    const failed = await log.ensureTopics([]).catch((error: Error) => error);
    expect(failed).toMatchObject({
      code: 'log_unavailable',
      message: expect.stringMatching(/^reading topics: no broker answers/),
    });
    expect((failed as Error).message).not.toContain('\n');
    await expect(log.openWriter('w')).rejects.toMatchObject({ code: 'log_unavailable' });
    await expect(log.subscribe(recorder().options('g', [freshTopic()]))).rejects.toMatchObject({
      code: 'log_unavailable',
    });
  });

  it('says in one line that the password is wrong, and not what it is', async () => {
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      const open = (password: string) =>
        openLog(kafka.saslBrokers ?? '', freshPrefix(), {
          timing: short,
          sasl: { mechanism, username: 'gatehouse', password },
        });
      await open('right').ensureTopics([]);
      const failed = await open('s3cret-wrong')
        .ensureTopics([])
        .catch((error: Error) => error);
      expect(failed).toMatchObject({
        code: 'log_unavailable',
        message: expect.stringContaining('the brokers refuse these credentials'),
      });
      expect((failed as Error).message).not.toMatch(/s3cret|\n/);
    }
  }, 60_000);
});
