import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createIds, systemClock } from '@gatehouse/contracts';
import { createOutboxRelay, type StoredRecord } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { temporaryFolder } from '@gatehouse/sqlite/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStoreHost } from '../../src/sqlite/index.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const nothing = (): void => {};
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Runs the service in small for `lifeMs` after it was ready and at work, then kills it as a power switch would; its lines. */
const runAndKill = async (aggregateIds: readonly string[], lifeMs: number): Promise<string[]> => {
  const script = join(import.meta.dirname, 'kill-process.ts');
  const child = spawn(process.execPath, [script, folder.file('.'), ...aggregateIds], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      // Ready, and a save of each aggregate: on a busy machine a life may be too short for that.
      if (output.split('\n').length > aggregateIds.length + 1) resolve();
    });
    child.once('exit', () => reject(new Error('ended by itself')));
  });
  await ready;
  await delay(lifeMs);
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
  const whole = output.slice(0, output.lastIndexOf('\n'));
  return whole.split('\n').slice(1);
};

describe('a process that is killed again and again', () => {
  it('keeps every acknowledged save, sends every fact in order, and its view agrees with its position', async () => {
    const aggregateIds = Array.from({ length: 3 }, () => createIds().id('connector'));
    const acknowledged = new Map<string, number>();
    for (const lifeMs of [130, 41, 277, 89]) {
      for (const line of await runAndKill(aggregateIds, lifeMs)) {
        const [id = '', version] = line.split(' ');
        acknowledged.set(id, Number(version));
      }
    }
    expect(acknowledged.size).toBe(3);

    const host = sqliteStoreHost({ path: folder.file('store.db'), clock: systemClock });
    const log = sqliteEventLog({ path: folder.file('log.db'), clock: systemClock });
    const store = host.aggregates<object>('connector');
    const position = (await host.views.positions('projection'))['gatehouse.connector.events']?.[0] ?? 0;
    const relay = createOutboxRelay({ outbox: store.outbox, log, owner: 'heir', clock: systemClock, logger });
    await relay.start();
    expect(await relay.drain(10_000)).toBe(true);

    const records: StoredRecord[] = [];
    const subscription = await log.subscribe({
      group: 'check',
      topics: ['gatehouse.connector.events'],
      positions: async () => ({}),
      handle: async (batch) => {
        records.push(...batch.records);
      },
    });
    await subscription.caughtUp(10_000);
    const view = host.views.view<string>('seen');
    for (const id of aggregateIds) {
      const version = (await store.load(id))?.version ?? 0;
      expect(version).toBeGreaterThanOrEqual(acknowledged.get(id) ?? 0);
      const ofId = records.filter(({ key }) => key === id);
      const sequences = ofId.map(({ headers }) => Number(headers.ce_sequence));
      expect([...new Set(sequences)]).toEqual(Array.from({ length: version }, (_, at) => at + 1));
      const handled = ofId.filter(({ offset }) => offset < position);
      const rows = await view.getMany(handled.map(({ headers }) => `${id}/${headers.ce_sequence}`));
      expect(rows.size).toBe(new Set(handled.map(({ headers }) => headers.ce_sequence)).size);
    }
    expect(position).toBeGreaterThan(0);
    await relay.close();
    await log.close();
    await host.close();
  });
});
