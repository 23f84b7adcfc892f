import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, topics } from '@gatehouse/contracts';
import { type GoldenSample, goldenSamples } from '@gatehouse/contracts/golden';
import { decodeRecord, type LogRecord, type StoredRecord } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { type RunningStandalone, startStandalone } from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

/**
 * During a rolling upgrade old and new versions run side by side: today's readers meet what yesterday's versions published
 * (golden samples), and yesterday's readers meet what came later (types and members that they do not know).
 */
const samples = goldenSamples();

const recordOf = ({ topic, key, headers, value }: Omit<GoldenSample, 'name'>): LogRecord => ({
  topic,
  key,
  headers,
  value: JSON.stringify(value),
});
const stored = (record: LogRecord): StoredRecord => ({ ...record, partition: 0, offset: 0 });

/** The value as a later version may publish it: one more member in every object. */
const grown = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(grown);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, grown(member)] as const);
  return { ...Object.fromEntries(members), addedLater: { by: 'a later version' } };
};

const ofTomorrow = (sample: GoldenSample): LogRecord => recordOf({ ...sample, value: grown(sample.value) });
const unknownType = (sample: GoldenSample, type: string): LogRecord =>
  recordOf({ ...sample, headers: { ...sample.headers, ce_type: type, ce_sequence: '9' } });

const sampleOf = (name: string): GoldenSample => {
  const found = samples.find((sample) => sample.name === `v1/${name}`);
  if (found === undefined) throw new Error(`there is no sample ${name}`);
  return found;
};

describe('today’s codec', () => {
  it.each(samples)('reads $name as it was published', (sample) => {
    const message = decodeRecord(stored(recordOf(sample)));
    expect(message.kind).toMatch(/^(fact|connector-state|user-state)$/);
    if (message.kind === 'fact') expect(message.fact.data).toEqual(sample.value);
    if (message.kind === 'connector-state' || message.kind === 'user-state')
      expect(message.record).toEqual(sample.value);
  });

  it.each(samples)('reads $name as a later version may publish it', (sample) => {
    expect(decodeRecord(stored(ofTomorrow(sample))).kind).toBe(decodeRecord(stored(recordOf(sample))).kind);
  });

  it.each(samples)('passes over a type that came after it on the topic of $name', (sample) => {
    expect(decodeRecord(stored(unknownType(sample, 'thing.of-tomorrow'))).kind).toBe('unknown');
  });

  it.each(samples)('refuses $name without its data', (sample) => {
    expect(decodeRecord(stored(recordOf({ ...sample, value: {} }))).kind).toBe('malformed');
  });
});

describe('today’s product on a log of yesterday', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-upgrade-'));
  let product: RunningStandalone | undefined;

  const publish = async (records: readonly LogRecord[]): Promise<void> => {
    const log = sqliteEventLog({ path: join(dataDir, 'event-log.db'), clock: systemClock });
    await log.ensureTopics(topics);
    const writer = await log.openWriter('an-older-version');
    await writer.append(records);
    await writer.close();
    await log.close();
  };
  const restart = async (): Promise<RunningStandalone> => {
    await product?.stop();
    product = await startStandalone({ dataDir });
    return product;
  };
  /** Sum of a counter over all its series. */
  const counted = async (name: string): Promise<number> => {
    const text = await (await fetch(`${product?.internalUrl}/metrics`)).text();
    return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  };
  const startLogin = async (): Promise<number> => {
    const { reference } = (sampleOf('connector.state').value as { connector: { reference: string } }).connector;
    const answer = await fetch(`${product?.baseUrl}/api/sso/login/${reference}`, { redirect: 'manual' });
    return answer.status;
  };
  const auditIds = async (): Promise<readonly string[]> =>
    (await product?.administer('GET', '/api/audit?limit=200'))?.body.items.map(({ id }: { id: string }) => id) ?? [];

  const facts = samples.filter(({ topic }) => topic.endsWith('.events'));
  const alive = [sampleOf('connector.state'), sampleOf('user.state')];

  beforeAll(async () => {
    await publish([...facts, ...alive].map(recordOf));
    await restart();
  });
  afterAll(async () => {
    await product?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('lets people in through a connector that only the log knows', async () => {
    await vi.waitFor(async () => expect(await startLogin()).toBe(302), { timeout: 5_000 });
  });

  it('has every fact of every kind in its audit', async () => {
    const published = facts.map(({ headers }) => headers.ce_id ?? '');
    await vi.waitFor(async () => expect(await auditIds()).toEqual(expect.arrayContaining(published)), {
      timeout: 10_000,
      interval: 200,
    });
    expect(await counted('gatehouse_consumer_parked_records_total')).toBe(0);
    expect(await counted('gatehouse_consumer_unknown_records_total')).toBe(0);
    expect(await counted('gatehouse_consumer_records_total')).toBeGreaterThan(samples.length);
  });

  it('goes on beside a later version: applies what has grown, passes over what is new', async () => {
    const state = sampleOf('connector.state');
    const later = { ...(grown(state.value) as { version: number; connector: object }), version: 100 };
    await product?.stop();
    await publish([
      recordOf({ ...state, value: { ...later, connector: { ...later.connector, version: 100, enabled: false } } }),
      unknownType(sampleOf('user.linked'), 'user.of-tomorrow'),
      unknownType(state, 'connector.state.of-tomorrow'),
    ]);
    await restart();
    await vi.waitFor(async () => expect(await startLogin()).not.toBe(302), { timeout: 5_000 });
    await vi.waitFor(
      async () => expect(await counted('gatehouse_consumer_unknown_records_total')).toBeGreaterThanOrEqual(2),
      { timeout: 5_000, interval: 200 },
    );
    expect(await counted('gatehouse_consumer_parked_records_total')).toBe(0);
  });
});
