/**
 * `npm run bench:distributed`: the product as separate processes over real Kafka, MongoDB and Redis. How soon a change is in force,
 * how fast relays send, how fast a gateway builds its view anew, and what a login costs the gateway beside the embedded
 * product. `-- --json` prints one line of JSON instead, `-- --only relay,rebuild` measures a part.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startDistributed, startKafka, startMongo, startRedis, startStandalone } from '@gatehouse/test-servers';
import { prepareChanges, type Spread } from './distributed/change-latency.ts';
import { fillStateTopics, measureRebuild } from './distributed/projection-rebuild.ts';
import { measureStateRelay, measureStoreRelay, type RelayFigures } from './distributed/relay-throughput.ts';
import { prepareLogins } from './logins.ts';
import { quantile } from './process-figures.ts';

const parts = ['changes', 'logins', 'relay', 'rebuild'] as const;
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: parts.join(',') },
  },
});
const wanted = new Set(values.only.split(','));
const figures: Record<string, number> = {};
const say = (line: string): void => {
  if (!values.json) console.log(line);
};
/** The load average stands beside every figure: other work on the machine falls on both cores. */
const begin = (name: (typeof parts)[number]): boolean => {
  if (!wanted.has(name)) return false;
  const [load = 0] = loadavg();
  figures[`${name}_load_average`] = load;
  say(`${name} (load average before: ${load.toFixed(1)})`);
  return true;
};
const median = (numbers: readonly number[]): number =>
  quantile(
    numbers.toSorted((a, b) => a - b),
    0.5,
  );
const spreadText = ({ p50, p99, most }: Spread): string =>
  `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, most ${most.toFixed(1)} ms`;

// Containers would have their networks measured too; GATEHOUSE_TEST_SERVERS=container does so.
process.env.GATEHOUSE_TEST_SERVERS ??= 'native';
// Whoever interrupts this must not be left with servers and services: they end with this process's `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const [kafka, mongo, redis] = await Promise.all([startKafka(), startMongo(), startRedis()]);
const servers = { brokers: kafka.brokers, mongodbUri: mongo.uri, redisUrl: redis.url };
say(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}; servers: ${kafka.way}`,
);

const measureChanges = async (): Promise<void> => {
  const product = await startDistributed({ servers });
  try {
    const { measure, measureElsewhere } = await prepareChanges(product, 16);
    await measure(100, 1);
    for (const atOnce of [1, 4, 16]) {
      const { changes, enforcedMs, requestMs, pending, turnedAway } = await measure(400, atOnce);
      figures[`change_enforced_p50_ms_${atOnce}`] = enforcedMs.p50;
      figures[`change_enforced_p99_ms_${atOnce}`] = enforcedMs.p99;
      say(`  ${changes} changes, ${atOnce} at once: in force after ${spreadText(enforcedMs)}`);
      say(
        `    whole request                    ${spreadText(requestMs)}; ${pending} pending, ${turnedAway} turned away`,
      );
    }
    const elsewhere = await measureElsewhere(200);
    figures.change_enforced_elsewhere_p99_ms = elsewhere.p99;
    say(`  in force in a gateway not asked    ${spreadText(elsewhere)}`);
  } finally {
    await product.stop();
  }
};

const measureLoginCost = async (): Promise<void> => {
  const embedded = await startStandalone();
  const distributed = await startDistributed({ servers, copies: { 'auth-gateway': 1 } });
  try {
    const [gateway] = distributed.gateways;
    if (gateway === undefined) throw new Error('there is no gateway');
    const { port, baseUrl, administer } = distributed;
    const measureEmbedded = await prepareLogins(embedded, 8);
    const measureGateway = await prepareLogins({ port, baseUrl, administer, process: gateway.process }, 8);
    const pairs: { readonly embedded: number; readonly gateway: number }[] = [];
    for (let round = 0; round < 5; round++) {
      const one = await measureEmbedded(300);
      const other = await measureGateway(300);
      pairs.push({ embedded: one.cpuMsPerLogin, gateway: other.cpuMsPerLogin });
    }
    figures.login_cpu_ms_embedded = median(pairs.map((pair) => pair.embedded));
    figures.login_cpu_ms_gateway = median(pairs.map((pair) => pair.gateway));
    figures.login_cpu_ratio = median(pairs.map((pair) => pair.gateway / pair.embedded));
    say(`  embedded                           ${figures.login_cpu_ms_embedded.toFixed(2)} ms CPU`);
    say(`  gateway with Redis                 ${figures.login_cpu_ms_gateway.toFixed(2)} ms CPU`);
    say(`  ratio                              ${figures.login_cpu_ratio.toFixed(2)}`);
  } finally {
    await Promise.all([embedded.stop(), distributed.stop()]);
  }
};

const measureRelays = async (): Promise<void> => {
  const tell = (name: string, { records, seconds, perSecond, cpuMsPerRecord }: RelayFigures): void => {
    figures[`relay_${name}_per_second_${records}`] = perSecond;
    const rate = `${perSecond.toFixed(0)}/s (${seconds.toFixed(2)} s, ${(cpuMsPerRecord * 1000).toFixed(0)} µs CPU each)`;
    say(`  ${name}, ${records} waiting`.padEnd(37) + rate);
  };
  // Warm: the first would pay for the compiler.
  await measureStateRelay(servers, 1_000);
  await measureStoreRelay(servers, 1_000);
  const sizes = [2_500, 10_000, 20_000];
  for (const records of sizes) tell('login_state', await measureStateRelay(servers, records));
  for (const records of sizes) tell('store', await measureStoreRelay(servers, records));
};

const measureRebuilds = async (): Promise<void> => {
  // A gateway is given 512 MiB in the manifests; without a bound Node lets garbage lie where there is room.
  const env = { NODE_OPTIONS: '--max-old-space-size=256' };
  const product = await startDistributed({ servers, copies: { 'auth-gateway': 1 }, env });
  try {
    const [gateway] = product.gateways;
    if (gateway === undefined) throw new Error('there is no gateway');
    // What they would read meanwhile is not what is measured.
    for (const { service, process } of product.services) if (service !== 'auth-gateway') await process.stop();
    let there = 0;
    for (const part of [0.25, 0.75]) {
      await fillStateTopics(product, 10_000 * part, 200_000 * part);
      there += 210_000 * part;
      const built = await measureRebuild(gateway, there);
      figures[`rebuild_per_second_${there}`] = built.perSecond;
      figures[`rebuild_most_resident_mib_${there}`] = built.mostResidentMib;
      say(
        `  ${there} records                     ${built.perSecond.toFixed(0)}/s, ${(built.cpuMsPerRecord * 1000).toFixed(0)} µs CPU each; ready ${built.secondsUntilReady.toFixed(1)} s after the start`,
      );
      say(
        `    resident at quarters             ${built.residentMib.map((mib) => mib.toFixed(0)).join(', ')} MiB, most ${built.mostResidentMib.toFixed(0)} MiB`,
      );
    }
  } finally {
    await product.stop();
  }
};

try {
  if (begin('changes')) await measureChanges();
  if (begin('logins')) await measureLoginCost();
  if (begin('relay')) await measureRelays();
  if (begin('rebuild')) await measureRebuilds();
  if (values.json) console.log(JSON.stringify(figures));
} finally {
  await Promise.all([kafka.stop(), mongo.stop(), redis.stop()]);
}
