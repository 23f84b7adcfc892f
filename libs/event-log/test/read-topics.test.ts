import { describe, expect, it, vi } from 'vitest';
import { freshTopic, plainRecord } from '../src/conformance/samples.ts';
import { readTopics } from '../src/index.ts';
import { sqliteEventLog } from '../src/sqlite/index.ts';

describe('reading topics', () => {
  it('gives what is there from the start, of one key when asked, and goes on until it is stopped', async () => {
    const log = sqliteEventLog({ path: ':memory:', clock: { now: () => Date.now() } });
    const topic = freshTopic();
    await log.ensureTopics([topic]);
    const writer = await log.openWriter('test');
    await writer.append([plainRecord(topic, 'a', '1'), plainRecord(topic, 'b', '2'), plainRecord(topic, 'a', '3')]);

    const all: (string | undefined)[] = [];
    const options = { topics: [topic.name], timeoutMs: 5_000 };
    expect(await readTopics(log, { ...options, onRecord: ({ value }) => all.push(value) })).toBe(3);
    expect(all).toEqual(['1', '2', '3']);

    const followed: (string | undefined)[] = [];
    const stop = new AbortController();
    const end = Promise.withResolvers<void>();
    const following = readTopics(log, {
      ...options,
      key: 'a',
      follow: stop.signal,
      onRecord: ({ value }) => followed.push(value),
      onEnd: end.resolve,
    });
    await end.promise;
    expect(followed).toEqual(['1', '3']);
    await writer.append([plainRecord(topic, 'b', '4'), plainRecord(topic, 'a', '5')]);
    await vi.waitFor(() => expect(followed).toEqual(['1', '3', '5']));
    stop.abort();
    expect(await following).toBe(3);
    await log.close();
  });
});
