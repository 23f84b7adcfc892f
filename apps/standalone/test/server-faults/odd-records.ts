import { setTimeout as delay } from 'node:timers/promises';
import { connectorStateTopic, createIds, factsTopic, userStateTopic } from '@gatehouse/contracts';
import { type RunningDistributed, startDistributed } from '@gatehouse/test-servers';
import kafkajs from 'kafkajs';
import { type SeededRandom, seededRandom } from '../crash/seeded-random.ts';
import { createSigner } from '../support/signer.ts';
import type { FaultScript } from './fault-script.ts';
import { eventually, patient } from './patience.ts';
import { metricOf } from './service-metrics.ts';

const sizes = { small: { each: 3 }, full: { each: 100 } } as const;

const withinMs = 60_000;
const large = 2 * 1_048_576;

interface OddRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const envelope = (type: string, key: string, sequence = 1): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: `${key}:${sequence}`,
  ce_source: '/somebody-else',
  ce_type: type,
  ce_subject: key,
  ce_time: '2030-01-01T00:00:00.000Z',
  ce_actor: 'system',
  ce_sequence: String(sequence),
});

interface OddKind {
  /** What consumers do with it. */
  readonly fate: 'parked' | 'unknown' | 'applied';
  readonly state: (key: string) => OddRecord;
  /** undefined where there is no such thing. */
  readonly fact?: (key: string) => OddRecord;
}

const same = (make: (key: string, type: 'state' | 'created') => OddRecord) => ({
  state: (key: string) => make(key, 'state'),
  fact: (key: string) => make(key, 'created'),
});

/** Everything that must not be on a topic of ours and may be all the same. */
const oddKinds = (kind: 'user' | 'connector'): Readonly<Record<string, OddKind>> => ({
  'without headers': { fate: 'parked', ...same((key) => ({ key, value: '{}' })) },
  // A compacted topic takes none without a key; an empty one is as bad.
  'without a key': {
    fate: 'parked',
    state: () => ({ key: '', value: '{}' }),
    fact: () => ({ key: null, value: '{}' }),
  },
  'not JSON': { fate: 'parked', ...same((key, of) => ({ key, value: '{"', headers: envelope(`${kind}.${of}`, key) })) },
  'against its schema': {
    fate: 'parked',
    ...same((key, of) => ({ key, value: '{"version":"one"}', headers: envelope(`${kind}.${of}`, key) })),
  },
  'of 2 MB': {
    fate: 'parked',
    ...same((key, of) => ({ key, value: 'x'.repeat(large), headers: envelope(`${kind}.${of}`, key) })),
  },
  'of a type to come': {
    fate: 'unknown',
    ...same((key) => ({ key, value: '{"where":"Mars"}', headers: envelope(`${kind}.teleported`, key) })),
  },
  'a tombstone of nobody': {
    fate: 'applied',
    state: (key) => ({ key, value: null, headers: envelope(`${kind}.state`, key) }),
  },
});

/**
 * Puts records on the topics that no version of the product writes, among those that it does, and then shows that each was parked
 * or passed over and counted by every consumer, and that no partition stands still.
 */
export const oddRecords: FaultScript = async ({ seed, size, say }) => {
  const product = patient(await startDistributed());
  try {
    const faults: string[] = [];
    const choose = seededRandom(seed);
    const signer = await createSigner(product, 'odd');
    const counts = await sendOdd(product, choose, sizes[size].each);
    say(`sent ${JSON.stringify(counts)}`);
    const users = await makeUsers(product, faults);
    const disabled = await product.administer('POST', `/api/connectors/${signer.connectorId}/disable`);
    const enabled = await product.administer('POST', `/api/connectors/${signer.connectorId}/enable`);
    if (disabled.status !== 200 || enabled.status !== 200) faults.push(`${disabled.status}, ${enabled.status}`);
    for (const gateway of product.gateways) {
      const lag = await untilZero(() => metricOf(gateway, 'gatehouse_consumer_lag_records'));
      if (lag > 0) faults.push(`${gateway.instance} is ${lag} records behind`);
      const consumer = `gatehouse-gateway-${gateway.instance}`;
      for (const topic of [userStateTopic, connectorStateTopic]) {
        const parked = await metricOf(gateway, 'gatehouse_consumer_parked_records_total', { consumer, topic });
        const unknown = await metricOf(gateway, 'gatehouse_consumer_unknown_records_total', { consumer, topic });
        const sent = { parked: counts.parked / 4, unknown: counts.unknownState / 2 };
        // A record that is delivered again is parked again: at least once.
        if (parked < sent.parked) faults.push(`${gateway.instance} has parked ${parked} of ${sent.parked} of ${topic}`);
        if (unknown < sent.unknown)
          faults.push(`${gateway.instance} has counted ${unknown} of ${sent.unknown} unknown of ${topic}`);
      }
    }
    await eventually(() => signer.signIn(product));
    const letters = await product.command('dead-letters', 'list');
    const parkedKeys = letters.trim().split('\n').length;
    for (const consumer of ['gatehouse-gateway-auth-gateway-0', 'gatehouse-gateway-auth-gateway-1'])
      if (!letters.includes(`  ${consumer}  `)) faults.push(`nothing is listed as parked by ${consumer}`);
    const audited = await untilAudited(product, users);
    if (audited < users.length) faults.push(`${audited} of ${users.length} new users are in the audit`);
    for (const { instance, process } of product.services)
      if (/^\s+at /m.test(process.output())) faults.push(`${instance} writes stack traces`);
    return { counts: { ...counts, 'keys parked': parkedKeys, 'users made afterwards': users.length }, faults };
  } finally {
    await product.stop();
  }
};

const sendOdd = async ({ env }: RunningDistributed, choose: SeededRandom, each: number) => {
  const prefix = env.GATEHOUSE_KAFKA_PREFIX ?? '';
  const brokers = (env.GATEHOUSE_KAFKA_BROKERS ?? '').split(',');
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const ids = createIds();
  const kinds = (['user', 'connector'] as const).map((kind) => [kind, oddKinds(kind)] as const);
  const topics = {
    user: [userStateTopic, factsTopic('user')],
    connector: [connectorStateTopic, factsTopic('connector')],
  };
  const admin = kafka.admin();
  await admin.connect();
  // Somebody has allowed what the product would not write.
  await admin.alterConfigs({
    validateOnly: false,
    resources: Object.values(topics)
      .flat()
      .map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: `${prefix}${name}`,
        configEntries: [{ name: 'max.message.bytes', value: String(2 * large) }],
      })),
  });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const counts = { parked: 0, unknown: 0, applied: 0, unknownState: 0 };
  const work = kinds.flatMap(([kind, of]) =>
    Object.entries(of).flatMap(([name, odd]) => Array.from({ length: each }, () => ({ kind, name, odd }))),
  );
  try {
    while (work.length > 0) {
      const [next] = work.splice(choose.below(work.length), 1);
      if (next === undefined) break;
      const { kind, odd } = next;
      const key = ids.id(kind);
      const [state = '', facts = ''] = topics[kind];
      for (const [topic, record] of [
        [state, odd.state(key)],
        [facts, odd.fact?.(key)],
      ] as const) {
        if (record === undefined) continue;
        const { key: of, value, headers } = record;
        await producer.send({ topic: `${prefix}${topic}`, messages: [{ key: of, value, headers: { ...headers } }] });
        counts[odd.fate]++;
      }
      if (odd.fate === 'unknown') counts.unknownState++;
    }
  } finally {
    await producer.disconnect();
  }
  return counts;
};

/** So many that each partition gets some. */
const makeUsers = async (product: RunningDistributed, faults: string[]): Promise<readonly string[]> => {
  const users: string[] = [];
  for (let number = 0; number < 24; number++) {
    const made = await product.administer('POST', '/api/users', { username: `user${number}@odd.example` });
    if (made.status !== 201) faults.push(`POST /api/users: ${made.status} ${JSON.stringify(made.body)}`);
    else users.push(made.body.id);
  }
  return users;
};

const untilZero = async (read: () => Promise<number>): Promise<number> => {
  const until = performance.now() + withinMs;
  for (;;) {
    const left = await read();
    if (left === 0 || performance.now() > until) return left;
    await delay(200);
  }
};

const untilAudited = async ({ administer }: RunningDistributed, users: readonly string[]): Promise<number> => {
  const until = performance.now() + withinMs;
  for (;;) {
    const { body } = await administer('GET', '/api/audit?type=user.created&limit=200');
    const seen = new Set(body.items.flatMap((item: { readonly subjects: readonly string[] }) => item.subjects));
    const found = users.filter((id) => seen.has(id)).length;
    if (found === users.length || performance.now() > until) return found;
    await delay(500);
  }
};
