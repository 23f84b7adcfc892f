import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { connectorStateTopic, userStateTopic } from '@gatehouse/contracts';
import type { LogRecord } from '@gatehouse/event-log';
import { kafkaEventLog } from '@gatehouse/event-log/kafka';
import type { RunningDistributed, RunningService } from '@gatehouse/test-servers';
import { cpuMs, residentMib } from '../process-figures.ts';
import { connectorRecords, sampleConnector, userStateRecord } from './sample-records.ts';

export interface RebuildFigures {
  readonly records: number;
  /** While records come in: the first and the last second of the process are not counted. */
  readonly perSecond: number;
  /** From the start of the process with an empty folder until `/readyz` is 200. */
  readonly secondsUntilReady: number;
  readonly cpuMsPerRecord: number;
  /** Resident memory in MiB when a quarter, half, three quarters and all were applied, and the most that was seen. */
  readonly residentMib: readonly number[];
  readonly mostResidentMib: number;
}

const everyMs = 200;
const deadlineMs = 180_000;

/** Puts the state of that many connectors and users on the topics that the product's gateways read. */
export const fillStateTopics = async (
  product: RunningDistributed,
  connectors: number,
  users: number,
): Promise<void> => {
  const log = kafkaEventLog({
    brokers: (product.env.GATEHOUSE_KAFKA_BROKERS ?? '').split(','),
    clientId: 'bench',
    prefix: product.env.GATEHOUSE_KAFKA_PREFIX,
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  try {
    const writer = await log.openWriter('bench');
    const append = async (count: number, make: (number: number) => LogRecord): Promise<void> => {
      const slice = 500;
      for (let from = 0; from < count; from += slice) {
        await writer.append(Array.from({ length: Math.min(slice, count - from) }, (_, at) => make(from + at)));
      }
    };
    const made = Array.from({ length: connectors }, (_, number) => sampleConnector(number));
    await append(connectors, (number) => {
      const state = connectorRecords(made[number] as (typeof made)[number])[1];
      return state as LogRecord;
    });
    await append(users, (number) => userStateRecord(number, made[number % connectors]?.id ?? ''));
    await writer.close();
  } finally {
    await log.close();
  }
};

/** Records that the gateway's view has taken from the state topics since its process started. */
const appliedBy = async (gateway: RunningService): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${gateway.internalPort}/metrics`);
  const lines = (await answer.text()).split('\n');
  return lines
    .filter((line) => line.startsWith('gatehouse_consumer_records_total{'))
    .filter((line) => line.includes(`consumer="gatehouse-gateway-${gateway.instance}"`))
    .filter((line) => [connectorStateTopic, userStateTopic].some((topic) => line.includes(`topic="${topic}"`)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

/** Starts the gateway with an empty folder and watches it build its view of `records` records at least. */
export const measureRebuild = async (gateway: RunningService, records: number): Promise<RebuildFigures> => {
  await gateway.process.stop();
  await rm(gateway.env.GATEHOUSE_DATA_DIR ?? '', { recursive: true });
  const begun = performance.now();
  await gateway.start(false);
  const { pid } = gateway.process;
  const samples: { readonly at: number; readonly applied: number; readonly mib: number; readonly cpu: number }[] = [];
  let readyAt: number | undefined;
  while (readyAt === undefined || (samples.at(-1)?.applied ?? 0) < records) {
    if (performance.now() - begun > deadlineMs) throw new Error(`the view is not ready: ${gateway.process.output()}`);
    const applied = await appliedBy(gateway);
    samples.push({ at: performance.now(), applied, mib: residentMib(pid), cpu: cpuMs(pid) });
    if (readyAt === undefined && applied >= records) {
      const { ok } = await fetch(`${gateway.url}/readyz`);
      if (ok) readyAt = performance.now();
    }
    await delay(everyMs);
  }
  const first = samples.find(({ applied }) => applied > 0);
  const last = samples.find(({ applied }) => applied >= records);
  if (first === undefined || last === undefined || first === last) throw new Error('too few records to measure');
  const applied = last.applied - first.applied;
  return {
    records,
    perSecond: (applied / (last.at - first.at)) * 1000,
    secondsUntilReady: (readyAt - begun) / 1000,
    cpuMsPerRecord: (last.cpu - first.cpu) / applied,
    residentMib: [0.25, 0.5, 0.75, 1].map(
      (part) => samples.find((sample) => sample.applied >= part * records)?.mib ?? Number.NaN,
    ),
    mostResidentMib: Math.max(...samples.map(({ mib }) => mib)),
  };
};
