import { DatabaseSync } from 'node:sqlite';
import type { TopicDefinition } from '@gatehouse/contracts';
import { temporaryFolder } from '@gatehouse/sqlite/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshGroup, freshTopic, plainRecord } from '../../src/conformance/samples.ts';
import type { EventWriter, Positions, RecordBatch } from '../../src/index.ts';
import { type SqliteEventLog, sqliteEventLog } from '../../src/sqlite/index.ts';

const patience = { timeout: 10_000, interval: 5 };

describe('the event log in a file', () => {
  const folder = temporaryFolder();
  let count = 0;
  let path: string;
  let now: number;
  let log: SqliteEventLog;
  let writer: EventWriter;
  let topic: TopicDefinition;

  const open = async (): Promise<void> => {
    log = sqliteEventLog({ path, clock: { now: () => now } });
    writer = await log.openWriter('test');
  };
  beforeEach(async () => {
    count += 1;
    path = folder.file(`${count}.db`);
    now = 1_700_000_000_000;
    await open();
    topic = freshTopic();
    await log.ensureTopics([topic]);
  });
  afterEach(() => log.close());
  afterAll(folder.remove);

  const offsets = (): number[] => {
    const database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare('SELECT offset FROM records ORDER BY offset').all();
    database.close();
    return rows.map(({ offset }) => Number(offset));
  };

  const subscribe = (handle: (batch: RecordBatch) => Promise<void>, positions: Positions = {}, of = topic) =>
    log.subscribe({ group: freshGroup(), topics: [of.name], positions: async () => positions, handle });

  it('wakes its readers at once, not at the next look', async () => {
    const appended = new Map<string, number>();
    const delays: number[] = [];
    const subscription = await subscribe(async ({ records }) => {
      for (const { value = '' } of records) delays.push(performance.now() - (appended.get(value) ?? 0));
    });
    await subscription.caughtUp(5_000);
    for (let n = 0; n < 10; n++) {
      appended.set(String(n), performance.now());
      await writer.append([plainRecord(topic, 'a', String(n))]);
      await vi.waitFor(() => expect(delays).toHaveLength(n + 1), patience);
    }
    const inOrder = delays.toSorted((a, b) => a - b);
    expect(inOrder[5]).toBeLessThan(200);
    await subscription.close();
  });

  it('hands out bounded batches, and lets others have a turn between them', async () => {
    for (let n = 0; n < 4; n++) {
      await writer.append(Array.from({ length: 400 }, (_, at) => plainRecord(topic, 'a', `${n}/${at}`)));
    }
    const large = 'x'.repeat(400_000);
    await writer.append(Array.from({ length: 5 }, () => plainRecord(topic, 'a', large)));
    const sizes: number[] = [];
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 0);
    const subscription = await subscribe(async ({ records }) => {
      sizes.push(records.length);
    });
    await subscription.caughtUp(10_000);
    clearInterval(ticking);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_605);
    expect(Math.max(...sizes)).toBe(500);
    expect(sizes.slice(-2)).toEqual([expect.any(Number), 2]);
    expect(turns).toBeGreaterThanOrEqual(1);
    await subscription.close();
  });

  it('deletes facts by age, but none that a reader of now has not handled', async () => {
    await writer.append([plainRecord(topic, 'a', 'old')]);
    const gate = Promise.withResolvers<void>();
    const subscription = await subscribe(() => gate.promise);
    now += topic.retentionMs + 1;
    await writer.append([plainRecord(topic, 'a', 'new')]);
    await log.maintain();
    expect(offsets()).toEqual([1, 2]);
    gate.resolve();
    await subscription.caughtUp(5_000);
    await log.maintain();
    expect(offsets()).toEqual([2]);
    await subscription.close();
  });

  it('deletes more than one step holds, and gives no offset twice', async () => {
    for (let n = 0; n < 3; n++) {
      await writer.append(Array.from({ length: 400 }, () => plainRecord(topic, 'a', 'old')));
    }
    now += topic.retentionMs + 1;
    await log.maintain();
    expect(offsets()).toEqual([]);
    await log.close();
    await open();
    await writer.append([plainRecord(topic, 'a', 'new')]);
    expect(offsets()).toEqual([1_201]);
  });

  it('compacts to the last record of each key, and keeps a tombstone for its time', async () => {
    const state = freshTopic('compact');
    await log.ensureTopics([state]);
    for (let n = 0; n < 600; n++) await writer.append([plainRecord(state, n % 2 === 0 ? 'a' : 'b', String(n))]);
    await writer.append([plainRecord(state, 'b', undefined), plainRecord(topic, 'a', 'fact')]);
    await log.maintain();
    expect(offsets()).toEqual([599, 601, 602]);
    now += state.retentionMs - 1;
    await log.maintain();
    expect(offsets()).toEqual([599, 601, 602]);
    now += 2;
    await log.maintain();
    expect(offsets()).toEqual([599]);
  });

  it('tells a reader who has missed a tombstone, and not one who starts anew', async () => {
    const state = freshTopic('compact');
    await log.ensureTopics([state]);
    await writer.append([
      plainRecord(state, 'a', '1'),
      plainRecord(state, 'b', '1'),
      plainRecord(state, 'b', undefined),
    ]);
    now += state.retentionMs + 1;
    await log.maintain();
    const gapsOf = async (positions: Positions): Promise<number> => {
      let gaps = 0;
      const subscription = await log.subscribe({
        group: freshGroup(),
        topics: [state.name],
        positions: async () => positions,
        handle: async () => undefined,
        onGap: async () => {
          gaps += 1;
        },
      });
      await subscription.caughtUp(5_000);
      await subscription.close();
      return gaps;
    };
    expect(await gapsOf({ [state.name]: { 0: 2 } })).toBe(1);
    expect(await gapsOf({ [state.name]: { 0: 4 } })).toBe(0);
    expect(await gapsOf({})).toBe(0);
  });

  it('keeps an old tombstone while a reader of now has not handled it', async () => {
    const state = freshTopic('compact');
    await log.ensureTopics([state]);
    await writer.append([plainRecord(state, 'a', undefined)]);
    const gate = Promise.withResolvers<void>();
    const subscription = await subscribe(() => gate.promise, {}, state);
    now += state.retentionMs + 1;
    await log.maintain();
    expect(offsets()).toEqual([1]);
    gate.resolve();
    await subscription.caughtUp(5_000);
    await log.maintain();
    expect(offsets()).toEqual([]);
    await subscription.close();
  });

  it('takes a new retention of a topic that is there', async () => {
    await writer.append([plainRecord(topic, 'a', 'old')]);
    await log.ensureTopics([{ ...topic, retentionMs: 10 }]);
    now += 11;
    await log.maintain();
    expect(offsets()).toEqual([]);
  });

  it('says that it is unavailable when the file is locked, and has appended nothing', async () => {
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(writer.append([plainRecord(topic, 'a', '1')])).rejects.toMatchObject({ code: 'log_unavailable' });
    await expect(log.deadLetters.drop('c', 'k')).rejects.toMatchObject({ code: 'log_unavailable' });
    other.exec('ROLLBACK');
    other.close();
    expect(offsets()).toEqual([]);
    await writer.append([plainRecord(topic, 'a', '1')]);
    expect(offsets()).toEqual([1]);
  });

  it('says that it is closed', async () => {
    const subscription = await subscribe(async () => undefined);
    await log.close();
    await expect(writer.append([plainRecord(topic, 'a', '1')])).rejects.toMatchObject({ code: 'closed' });
    await expect(subscription.caughtUp(1_000)).rejects.toMatchObject({ code: 'closed' });
    await expect(log.identity([topic.name])).rejects.toMatchObject({ code: 'closed' });
  });

  it('keeps dead letters over a stop', async () => {
    const record = { ...plainRecord(topic, 'a', '1'), partition: 0, offset: 1 };
    await log.deadLetters.park([{ consumer: 'c', record, reason: 'x', parkedAt: 1 }]);
    await log.close();
    await open();
    expect(await log.deadLetters.list({ limit: 10 })).toMatchObject([{ consumer: 'c', key: 'a', letters: 1 }]);
  });
});
