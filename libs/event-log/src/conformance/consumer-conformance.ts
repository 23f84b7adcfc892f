import { systemClock, topics } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Consumer, Message, MessageBatch } from '../consumer.ts';
import { type ConsumerRunner, createConsumerRunner } from '../consumer-runner.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { EventLog, EventWriter } from '../event-log.ts';
import { type ConsumerMetrics, noConsumerMetrics } from '../metrics.ts';
import { connectorFact, freshGroup, ids, silentLogger } from './samples.ts';

export interface ConsumerAdapter {
  readonly log: EventLog;
  readonly deadLetters: DeadLetters;
  dispose(): Promise<void>;
}

const factsOfConnectors = 'gatehouse.connector.events';
const factsOfUsers = 'gatehouse.user.events';
const patience = { timeout: 15_000, interval: 10 };

/** A consumer that keeps the sequences it applied, by key, and fails when told to. */
const keeper = (listensTo: readonly string[] = [factsOfConnectors]) => {
  const applied = new Map<string, number[]>();
  const positions: Record<string, Record<number, number>> = {};
  const faults = { reject: (_messages: readonly Message[]): Error | undefined => undefined };
  const consumer: Consumer = {
    name: freshGroup(),
    kind: 'projection',
    topics: listensTo,
    positions: async () => structuredClone(positions),
    async apply({ topic, partition, messages, next }: MessageBatch) {
      const fault = faults.reject(messages);
      if (fault !== undefined) throw fault;
      for (const message of messages) {
        if (message.kind !== 'fact') continue;
        applied.set(message.key, [...(applied.get(message.key) ?? []), message.fact.sequence]);
      }
      positions[topic] = { ...positions[topic], [partition]: next };
    },
  };
  return { consumer, applied, positions, faults };
};

/** What the consumer runner does on a log and a store of dead letters, whatever these are made of. */
export const consumerConformance = (name: string, makeAdapter: () => Promise<ConsumerAdapter>): void => {
  describe(`consumers on ${name}`, () => {
    let adapter: ConsumerAdapter;
    let writer: EventWriter;
    let runners: ConsumerRunner[] = [];

    beforeEach(async () => {
      adapter = await makeAdapter();
      await adapter.log.ensureTopics(topics);
      writer = await adapter.log.openWriter('consumer-conformance');
      runners = [];
    });
    afterEach(async () => {
      await Promise.all(runners.map((runner) => runner.close()));
      await adapter.dispose();
    });

    const run = async (consumer: Consumer, metrics: Partial<ConsumerMetrics> = {}): Promise<ConsumerRunner> => {
      const runner = createConsumerRunner({
        consumer,
        log: adapter.log,
        deadLetters: adapter.deadLetters,
        logger: silentLogger,
        clock: systemClock,
        metrics: { ...noConsumerMetrics, ...metrics },
        retry: { attempts: 2, firstMs: 1, mostMs: 20 },
      });
      runners.push(runner);
      await runner.start();
      return runner;
    };

    const isOf =
      (key: string, sequence?: number) =>
      (message: Message): boolean =>
        message.kind === 'fact' &&
        message.key === key &&
        (sequence === undefined || message.fact.sequence === sequence);

    it('go on at their checkpoint after a restart', async () => {
      const key = ids.id('connector');
      const { consumer, applied } = keeper();
      await writer.append([1, 2].map((sequence) => connectorFact(key, sequence)));
      const first = await run(consumer);
      await first.caughtUp(15_000);
      await first.close();
      await writer.append([connectorFact(key, 3)]);
      const second = await run(consumer);
      await second.caughtUp(15_000);
      expect(applied.get(key)).toEqual([1, 2, 3]);
      expect(await second.lag()).toBe(0);
    });

    it('pass over types that came later, and count them', async () => {
      const key = ids.id('connector');
      const { consumer, applied } = keeper();
      const future = connectorFact(key, 2);
      await writer.append([
        connectorFact(key, 1),
        { ...future, headers: { ...future.headers, ce_type: 'connector.teleported' } },
        connectorFact(key, 3),
      ]);
      let unknown = 0;
      const runner = await run(consumer, { unknown: (_consumer, _topic, records) => (unknown += records) });
      await runner.caughtUp(15_000);
      expect(applied.get(key)).toEqual([1, 3]);
      expect(unknown).toBeGreaterThanOrEqual(1);
      expect(await adapter.deadLetters.list({ consumer: consumer.name, key, limit: 1 })).toEqual([]);
    });

    it('park the key of a malformed record, and go on with the others', async () => {
      const [bad, good] = [ids.id('connector'), ids.id('connector')];
      const { consumer, applied } = keeper();
      const parked = new Set<string>();
      await writer.append([
        connectorFact(bad, 1),
        { ...connectorFact(bad, 2), value: '{"connectorId":7}' },
        connectorFact(good, 1),
        connectorFact(bad, 3),
        connectorFact(good, 2),
      ]);
      const onParked = async (keys: readonly string[]) => keys.forEach((key) => void parked.add(key));
      const runner = await run({ ...consumer, onParked });
      await runner.caughtUp(15_000);
      expect([...parked]).toEqual([bad]);
      expect(applied.get(bad)).toEqual([1]);
      expect(applied.get(good)).toEqual([1, 2]);
      const letters = await adapter.deadLetters.letters(consumer.name, bad, 10);
      expect(letters.map(({ record }) => record.headers.ce_sequence)).toEqual(['2', '3']);
      expect(letters[0]?.reason).toContain('malformed');
      const outcome = await runner.replay(bad);
      expect(outcome).toMatchObject({ applied: 0, left: 2 });
      expect(outcome.reason).toContain('malformed');
    });

    it('park the key of a record that cannot be applied, and replay it in order', async () => {
      const [bad, good] = [ids.id('connector'), ids.id('connector')];
      const { consumer, applied, faults, positions } = keeper();
      faults.reject = (messages) => (messages.some(isOf(bad, 2)) ? new TypeError('cannot be') : undefined);
      await writer.append([
        connectorFact(bad, 1),
        connectorFact(good, 1),
        connectorFact(bad, 2),
        connectorFact(bad, 3),
        connectorFact(good, 2),
      ]);
      let gaps = 0;
      const runner = await run(consumer, { sequenceGap: () => (gaps += 1) });
      await runner.caughtUp(15_000);
      await writer.append([connectorFact(bad, 4), connectorFact(good, 3)]);
      await runner.caughtUp(15_000);
      expect(applied.get(good)).toEqual([1, 2, 3]);
      expect(applied.get(bad)).toEqual([1]);
      const [parked] = await adapter.deadLetters.list({ consumer: consumer.name, limit: 10 });
      expect(parked).toMatchObject({ key: bad, letters: 3, reason: 'TypeError: cannot be' });

      expect(await runner.replay(bad)).toEqual({ applied: 0, left: 3, reason: 'TypeError: cannot be' });
      faults.reject = () => undefined;
      const saved = structuredClone(positions);
      expect(await runner.replay(bad)).toEqual({ applied: 3, left: 0 });
      expect(positions).toEqual(saved);
      await writer.append([connectorFact(bad, 5)]);
      await runner.caughtUp(15_000);
      expect(applied.get(bad)).toEqual([1, 2, 3, 4, 5]);
      expect(gaps).toBe(0);
    });

    it('give up a parked key that is dropped, and go on with what comes after', async () => {
      const bad = ids.id('connector');
      const { consumer, applied, faults } = keeper();
      faults.reject = (messages) => (messages.some(isOf(bad, 1)) ? new Error('no') : undefined);
      await writer.append([connectorFact(bad, 1), connectorFact(bad, 2)]);
      const runner = await run(consumer);
      await runner.caughtUp(15_000);
      expect(await adapter.deadLetters.drop(consumer.name, bad)).toBe(2);
      await writer.append([connectorFact(bad, 3)]);
      await runner.caughtUp(15_000);
      expect(applied.get(bad)).toEqual([3]);
    });

    it('wait while their store is down and park nothing, whether it says so or not', async () => {
      const key = ids.id('connector');
      for (const error of [
        Object.assign(new Error('down'), { code: 'store_unavailable' }),
        new Error('ECONNREFUSED'),
      ]) {
        const { consumer, applied, faults } = keeper();
        const rejected: number[] = [];
        faults.reject = (messages) => {
          rejected.push(messages.length);
          return error;
        };
        await writer.append([connectorFact(key, 1), connectorFact(key, 2)]);
        const runner = await run(consumer);
        await vi.waitFor(() => expect(rejected.length).toBeGreaterThan(10), patience);
        // Who says that he is down is not asked with pieces of the batch.
        if ('code' in error) expect(Math.min(...rejected)).toBe(2);
        faults.reject = () => undefined;
        await runner.caughtUp(15_000);
        expect(applied.get(key)?.[0]).toBe(1);
        expect(await adapter.deadLetters.list({ consumer: consumer.name, limit: 1 })).toEqual([]);
        await runner.close();
      }
    });

    it('wait for what is down also where they go message by message', async () => {
      const [bad, waiting] = [ids.id('connector'), ids.id('connector')];
      const { consumer, applied, faults } = keeper();
      const down = Object.assign(new Error('down'), { code: 'upstream_unavailable' });
      let rejected = 0;
      faults.reject = (messages) => {
        if (messages.some(isOf(bad))) return new Error('poison');
        if (!messages.some(isOf(waiting))) return undefined;
        rejected += 1;
        return down;
      };
      await writer.append([connectorFact(bad, 1), connectorFact(waiting, 1)]);
      const runner = await run(consumer);
      await vi.waitFor(() => expect(rejected).toBeGreaterThan(10), patience);
      faults.reject = () => undefined;
      await runner.caughtUp(15_000);
      expect(applied.get(waiting)).toEqual([1]);
      const parked = await adapter.deadLetters.list({ consumer: consumer.name, limit: 10 });
      expect(parked.map(({ key }) => key)).toEqual([bad]);
    });

    it('hold up one topic and not the other', async () => {
      const key = ids.id('connector');
      const user = ids.id('user');
      const { consumer, applied, faults } = keeper([factsOfConnectors, factsOfUsers]);
      const down = Object.assign(new Error('down'), { code: 'upstream_unavailable' });
      let rejected = 0;
      faults.reject = (messages) => {
        if (!messages.some(isOf(key))) return undefined;
        rejected += 1;
        return down;
      };
      const { headers } = connectorFact(user, 1);
      await writer.append([
        connectorFact(key, 1),
        {
          topic: factsOfUsers,
          key: user,
          value: JSON.stringify({ userId: user }),
          headers: { ...headers, ce_type: 'user.suspended' },
        },
      ]);
      const runner = await run(consumer);
      await vi.waitFor(() => expect(applied.get(user)).toEqual([1]), patience);
      await vi.waitFor(() => expect(rejected).toBeGreaterThan(10), patience);
      expect(applied.get(key)).toBeUndefined();
      faults.reject = () => undefined;
      await runner.caughtUp(15_000);
      expect(applied.get(key)).toEqual([1]);
    });

    it('notice that facts are missing, and that a repeat is none', async () => {
      const key = ids.id('connector');
      const { consumer } = keeper();
      let gaps = 0;
      const runner = await run(consumer, { sequenceGap: () => (gaps += 1) });
      await writer.append([1, 2, 2, 1, 3].map((sequence) => connectorFact(key, sequence)));
      await runner.caughtUp(15_000);
      expect(gaps).toBe(0);
      await writer.append([connectorFact(key, 6)]);
      await runner.caughtUp(15_000);
      expect(gaps).toBe(1);
    });

    it('never save a position before a record is applied or parked, wherever they are killed', async () => {
      const [bad, good] = [ids.id('connector'), ids.id('connector')];
      await writer.append([
        connectorFact(bad, 1),
        connectorFact(good, 1),
        connectorFact(bad, 2),
        connectorFact(good, 2),
      ]);
      // Every write of consumer and dead letters is a step; from the step of its death on a run writes nothing more.
      for (let death = 1; death <= 10; death++) {
        const { consumer, applied, faults } = keeper();
        const { deadLetters } = adapter;
        faults.reject = (messages) => (messages.some(isOf(bad, 1)) ? new Error('poison') : undefined);
        let steps = 0;
        const step = async <T>(work: () => Promise<T>): Promise<T> => {
          steps += 1;
          if (steps >= death) throw Object.assign(new Error('dead'), { code: 'store_unavailable' });
          return work();
        };
        const dying = createConsumerRunner({
          consumer: { ...consumer, apply: (batch) => step(() => consumer.apply(batch)) },
          log: adapter.log,
          deadLetters: { ...deadLetters, park: (letters) => step(() => deadLetters.park(letters)) },
          logger: silentLogger,
          clock: systemClock,
          retry: { attempts: 1, firstMs: 1, mostMs: 1 },
        });
        await dying.start();
        await Promise.race([vi.waitFor(() => expect(steps).toBeGreaterThan(death), patience), dying.caughtUp(15_000)]);
        await dying.close();
        const heir = await run(consumer);
        await heir.caughtUp(15_000);
        expect([...new Set(applied.get(good))]).toEqual([1, 2]);
        expect(applied.get(bad)).toBeUndefined();
        const letters = await deadLetters.letters(consumer.name, bad, 10);
        expect(letters.map(({ record }) => record.headers.ce_sequence)).toEqual(['1', '2']);
        await heir.close();
      }
    });
  });
};
