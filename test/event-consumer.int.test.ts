import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AnyFact, type Connector, topics, type User, type UserLink } from '@gatehouse/contracts';
import { goldenSamples } from '@gatehouse/contracts/golden';
import { encodeConnectorState, encodeFact, encodeUserState, type LogRecord } from '@gatehouse/event-log';
import { applyTopics } from '@gatehouse/event-log/kafka';
import { createLogger } from '@gatehouse/service-kit';
import { mustSkipServerTests, type RunningProcess, startKafka, startProcess } from '@gatehouse/test-servers';
import kafkajs, { type Admin, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

/** The example as another team runs it: a process of its own, killed and started again over one database. */
const example = join(dirname(import.meta.dirname), 'examples/event-consumer');
const entry = join(example, 'src/main.ts');
const prefix = `t${randomUUID().slice(0, 8)}.`;
const watched = topics.filter(({ name }) => /^gatehouse\.(connector|user)\./.test(name));
const time = '2026-11-23T09:00:00.000Z';

const sampleValue = <Value>(name: string): Value => {
  const sample = goldenSamples().find((one) => one.name === `v1/${name}`);
  if (sample === undefined) throw new Error(`there is no sample ${name}`);
  return sample.value as Value;
};
const { connector } = sampleValue<{ connector: Connector }>('connector.state');
const { user, links } = sampleValue<{ user: User; links: UserLink[] }>('user.state');

const fact = <Type extends AnyFact['type']>(
  type: Type,
  subject: string,
  sequence: number,
  data: Extract<AnyFact, { type: Type }>['data'],
): LogRecord =>
  encodeFact({
    id: `evt_${subject.slice(4, 24)}${String(sequence).padStart(6, '0')}`,
    source: '/gatehouse/user-directory',
    type,
    subject,
    time,
    sequence,
    actor: 'system/test',
    data,
  } as AnyFact);

const linkNames = { username: user.username, connectorId: connector.id, connectorReference: connector.reference };
const userState = (version: number, more: Partial<User> = {}): LogRecord =>
  encodeUserState(user.id, { version, user: { ...user, version, ...more }, links });
const userFact = {
  created: fact('user.created', user.id, 1, { user }),
  linked: fact('user.linked', user.id, 2, { userId: user.id, ...linkNames }),
  suspended: fact('user.suspended', user.id, 3, { userId: user.id }),
  reactivated: fact('user.reactivated', user.id, 4, { userId: user.id }),
  /** 5 and 6 are never sent. */
  unlinked: fact('user.unlinked', user.id, 7, { userId: user.id, ...linkNames }),
};
const beginning: readonly LogRecord[] = [
  encodeConnectorState(connector.id, { version: connector.version, connector }),
  fact('connector.created', connector.id, 1, { connector }),
  userState(2),
  userFact.created,
  userFact.linked,
];

interface Shown {
  readonly connectors: readonly { readonly connector: Connector }[];
  readonly users: readonly { readonly version: number; readonly user: User }[];
  readonly deleted: readonly string[];
  readonly welcomes: readonly { readonly userId: string }[];
  readonly gaps: readonly { readonly key: string; readonly expected: number; readonly found: number }[];
  readonly setAside: readonly { readonly reason: string }[];
}

describe.skipIf(await mustSkipServerTests('kafka'))('the example consumer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-consumer-'));
  let server: Awaited<ReturnType<typeof startKafka>>;
  let admin: Admin;
  let producer: Producer;
  let running: RunningProcess | undefined;

  beforeAll(async () => {
    server = await startKafka();
    const kafka = new kafkajs.Kafka({ brokers: server.brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
    admin = kafka.admin();
    producer = kafka.producer({ transactionalId: `${prefix}test`, maxInFlightRequests: 1, idempotent: true });
    await admin.connect();
    await producer.connect();
    await makeTopics();
  });

  afterAll(async () => {
    await running?.kill();
    await admin?.deleteTopics({ topics: watched.map(({ name }) => prefix + name) });
    await admin?.disconnect();
    await producer?.disconnect();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** By the operator's command; what is there already stays as it is. */
  const makeTopics = async (): Promise<void> => {
    const logger = createLogger({ level: 'silent' });
    const connection = { brokers: server.brokers.split(','), clientId: 'test' };
    const topicsOfTwo = watched.map((topic) => ({ ...topic, partitions: 2 }));
    await applyTopics(connection, topicsOfTwo, { prefix, replicationFactor: 1 }, logger);
  };

  /** As relays do: all or nothing, in order. */
  const publish = async (...records: readonly (Omit<LogRecord, 'value'> & { value: string | null | undefined })[]) => {
    const transaction = await producer.transaction();
    for (const { topic, key, value, headers } of records) {
      await transaction.send({ topic: prefix + topic, messages: [{ key, value: value ?? null, headers }] });
    }
    await transaction.commit();
  };

  const environment = (database: string) => ({
    KAFKA_BROKERS: server.brokers,
    KAFKA_PREFIX: prefix,
    GROUP_ID: `${prefix}${database}`,
    DATABASE: join(folder, database),
  });
  const start = async (database = 'copy.db'): Promise<RunningProcess> => {
    running = await startProcess({ entry, env: environment(database), ready: { line: /"caught-up"/ } });
    return running;
  };
  const show = (database = 'copy.db'): Shown =>
    JSON.parse(
      execFileSync(process.execPath, [entry, '--show'], {
        env: { ...process.env, ...environment(database) },
        encoding: 'utf8',
      }),
    );
  const says = (what: RegExp): Promise<void> =>
    vi.waitFor(() => expect(running?.output()).toMatch(what), { timeout: 10_000, interval: 20 });

  it('starts from the state that is on the log, and from the facts', async () => {
    await publish(...beginning);
    await start();
    const { connectors, users, welcomes, gaps, setAside } = show();
    expect(connectors.map((one) => one.connector.reference)).toEqual([connector.reference]);
    expect(users).toEqual([{ version: 2, user: { ...user, version: 2 }, links }]);
    expect(welcomes.map(({ userId }) => userId)).toEqual([user.id]);
    expect([...gaps, ...setAside]).toEqual([]);
  });

  it('follows', async () => {
    await publish(userState(3, { status: 'suspended' }), userFact.suspended);
    await says(/"user.suspended"/);
    await vi.waitFor(() => expect(show().users[0]?.user.status).toBe('suspended'));
  });

  it('goes on where it was killed, and applies nothing twice', async () => {
    await running?.kill();
    await publish(userState(4), userFact.reactivated);
    const { output } = await start();
    expect(output()).toMatch(/"user.reactivated"/);
    expect(output()).not.toMatch(/"user.(created|linked|suspended)"/);
    expect(show()).toMatchObject({ users: [{ version: 4, user: { status: 'active' } }], welcomes: [{}], gaps: [] });
  });

  it('takes a replay of everything as nothing new', async () => {
    const before = show();
    await running?.stop();
    await publish(...beginning, userState(3, { status: 'suspended' }), userFact.suspended);
    const { output } = await start();
    expect(output()).not.toMatch(/"(fact|gap)"/);
    expect(show()).toEqual(before);
  });

  it('reads everything from the start to the same copy', async () => {
    await running?.stop();
    await start('second.db');
    expect(show('second.db')).toEqual(show());
  });

  it('notices that facts are missing', async () => {
    await running?.stop();
    await start();
    await publish(userFact.unlinked);
    await says(/"gap"/);
    await vi.waitFor(() => expect(show().gaps).toMatchObject([{ key: user.id, expected: 5, found: 7 }]));
  });

  it('passes over types of tomorrow, and sets aside what cannot be read', async () => {
    const facts = userFact.created.topic;
    const other = { topic: facts, key: 'usr_other' };
    await publish(
      { ...other, value: '{}', headers: {} },
      { ...other, value: 'not JSON', headers: userFact.linked.headers },
      { ...userFact.unlinked, headers: { ...userFact.unlinked.headers, ce_type: 'user.renamed', ce_sequence: '8' } },
      fact('user.suspended', user.id, 9, { userId: user.id }),
    );
    await says(/"user.suspended"/);
    await vi.waitFor(() => {
      const { setAside } = show();
      expect(setAside.map(({ reason }) => reason)).toEqual(['no key or no ce_type', 'does not fit user.linked']);
    });
    // 8 was passed over: whoever does not know a type cannot know that it was there.
    expect(show().gaps).toMatchObject([{ expected: 5 }, { expected: 8, found: 9 }]);
  });

  it('keeps a deletion until its tombstone, also against a late repeat', async () => {
    await publish(encodeUserState(user.id, { deleted: true, version: 10, deletedAt: time }), userState(4));
    await vi.waitFor(() => expect(show()).toMatchObject({ users: [], deleted: [user.id] }), { timeout: 5_000 });
    await publish(encodeUserState(user.id, undefined), encodeUserState('usr_unknown', undefined));
    await vi.waitFor(() => expect(show()).toMatchObject({ users: [], deleted: [] }), { timeout: 5_000 });
  });

  it('says that facts were deleted before it read them, and goes on', async () => {
    await running?.stop();
    await publish(fact('connector.disabled', connector.id, 2, { connectorId: connector.id, reference: 'corp' }));
    const topic = `${prefix}gatehouse.connector.events`;
    const ends = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    const { output } = await start();
    expect(output()).toMatch(/"read-anew".*position is not on the log/);
    expect(show().gaps.some(({ key }) => key.startsWith('partition '))).toBe(true);
  });

  it('builds the copy anew from a topic that was made anew', async () => {
    await running?.stop();
    const name = 'gatehouse.connector.state';
    await admin.deleteTopics({ topics: [prefix + name] });
    await vi.waitFor(async () => expect(await admin.listTopics()).not.toContain(prefix + name), { timeout: 10_000 });
    await makeTopics();
    const { output } = await start();
    expect(output()).toMatch(/"read-anew"/);
    expect(show().connectors).toEqual([]);
    await publish(encodeConnectorState(connector.id, { version: 9, connector: { ...connector, version: 9 } }));
    await vi.waitFor(() => expect(show().connectors).toMatchObject([{ version: 9 }]), { timeout: 5_000 });
  });

  it('needs nothing that its own package.json does not name', () => {
    const { dependencies } = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const sources = readdirSync(join(example, 'src')).map((file) => readFileSync(join(example, 'src', file), 'utf8'));
    const names = [...sources.join('').matchAll(/ from '([^.'][^']*)'/g)].map(([, name = '']) => name);
    const packages = new Set(names.filter((name) => !name.startsWith('node:')));
    expect([...packages].toSorted()).toEqual(Object.keys(dependencies).toSorted());
  });
});
