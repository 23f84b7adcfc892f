import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { postAnswer, type RunningDistributed, startLogin } from '@gatehouse/test-servers';
import { administratorKind, apiKeyKind, connectorKind, type KindDeps, userKind } from '../crash/kinds.ts';
import { faultsOfOrder, faultsOfState } from '../crash/published-log.ts';
import { seededRandom } from '../crash/seeded-random.ts';
import { createSigner, type Signer } from '../support/signer.ts';
import { type CommandTally, createCommander } from './commander.ts';
import type { FaultScript } from './fault-script.ts';
import { createOutages, type Outages } from './outages.ts';
import { copyOf, withOwnServers } from './own-servers.ts';
import { eventually } from './patience.ts';
import { type PublishedRecords, readRecords } from './published-records.ts';
import { createSignIns, type SignIns } from './sign-ins.ts';

const sizes = {
  small: { workers: 2, pauseMs: 2_500, pauseBetweenMs: 60 },
  full: { workers: 4, pauseMs: 30_000, pauseBetweenMs: 150 },
} as const;

const reference = 'faults';
const member = (number: number): string => `member${number}@faults.example`;
/** How long relays and consumers may take to have everything where it belongs once all is back, in milliseconds. */
const settledWithinMs = 45_000;

/**
 * Kills (SIGKILL) and pauses (SIGSTOP) each service and each server, up to three at a time, and brings them back in any order,
 * while commands are given and people sign in at two gateways. Then holds what the API, the audit and the topics say against
 * every answer.
 */
export const killAndPause: FaultScript = async ({ seed, size, say }) => {
  const { workers, pauseMs, pauseBetweenMs } = sizes[size];
  return await withOwnServers({}, async (product, servers) => {
    const faults: string[] = [];
    const fault = (line: string): void => {
      faults.push(line);
    };
    const tally: CommandTally = { acknowledged: 0, unanswered: 0, early: 0 };
    const sent: Record<string, number> = {};
    const { gateways } = product;
    const signer = await createSigner(product, reference);
    const outages = createOutages({ product, servers, choose: seededRandom(seed), pauseMs, say });
    let isOver = false;

    const openWorker = async (number: number) => {
      const choose = seededRandom(seed * 31 + number);
      const username = member(number);
      await makeMember(product, signer, username);
      const commander = createCommander({ gateways, choose, isCalm: outages.isCalm, fault, tally });
      const deps: KindDeps = { caller: commander, choose, prefix: `worker${number}` };
      const connectors = connectorKind(deps, await samlOf(product, signer));
      const kinds = [
        connectors,
        userKind(deps, connectors.ledger, signer.connectorId),
        apiKeyKind(deps),
        administratorKind(deps),
      ];
      const respond: Parameters<typeof createSignIns>[0]['respond'] = (started) =>
        signer.respond(product, started, { nameId: username });
      const signIns = createSignIns({ gateways, choose, reference, respond, fault });
      const login = { name: 'login', weight: 12, run: signIns.signIn };
      const mix = [...kinds.flatMap(({ shares }) => shares), login].flatMap((share) => Array(share.weight).fill(share));
      return { choose, kinds, signIns, mix };
    };

    const work = async ({ choose, mix }: Pick<Awaited<ReturnType<typeof openWorker>>, 'choose' | 'mix'>) => {
      while (!isOver) {
        const { name, run } = choose.pick(mix);
        sent[name] = (sent[name] ?? 0) + 1;
        await run();
        await delay(choose.below(pauseBetweenMs));
      }
    };
    const opened = await Promise.all(Array.from({ length: workers }, (_, number) => openWorker(number)));
    await Promise.all([
      ...opened.map(work),
      outages.run().finally(() => {
        isOver = true;
      }),
    ]);

    say('everything is back');
    await untilReady(product);
    await untilCalm(outages);
    for (const { kinds, signIns } of opened) {
      for (const kind of kinds) await kind.settleAll();
      await signIns.postAgain();
    }
    const sessions = opened.flatMap(({ signIns }) => signIns.sessions());
    await expectSessions(product, sessions, fault);
    const { records, found } = await untilSettled(product, sessions.length);
    found.forEach(fault);
    await expectRebuilt(product, signer, fault);
    const total = (count: (signIns: SignIns) => number): number =>
      opened.reduce((sum, { signIns }) => sum + count(signIns), 0);
    const distinct = new Set(records.facts.map(({ id }) => id)).size;
    return {
      faults,
      counts: {
        ...outages.counts,
        ...sent,
        'commands acknowledged': tally.acknowledged,
        'commands without an answer': tally.unanswered,
        'links to connectors not yet known': tally.early,
        'logins begun': total((signIns) => signIns.started()),
        'answers posted': total((signIns) => signIns.posts()),
        sessions: sessions.length,
        facts: distinct,
        'facts repeated': records.facts.length - distinct,
      },
    };
  });
};

const samlOf = async (product: RunningDistributed, { connectorId }: Signer): Promise<object> => {
  const { issuerUrl, endpoint, nameIdFormat, certificates } = (
    await product.administer('GET', `/api/connectors/${connectorId}`)
  ).body.saml;
  return {
    issuerUrl,
    endpoint,
    nameIdFormat,
    certificates: certificates.map((one: { readonly pem: string }) => one.pem ?? one),
  };
};

/** A user whose first login is done: it binds his subject, for which the directory is needed. */
const makeMember = async (product: RunningDistributed, signer: Signer, username: string): Promise<void> => {
  const { url } = copyOf(product, 'auth-gateway', 0);
  const made = await product.administer('POST', '/api/users', { username });
  await product.administer('PUT', `/api/users/${made.body.id}/connectors/${signer.connectorId}`);
  await eventually(async () => {
    const started = await startLogin(url, reference);
    const { status, session } = await postAnswer(url, started, signer.respond(product, started, { nameId: username }));
    if (session === undefined) throw new Error(`${username} cannot sign in: ${status}`);
  });
};

const untilReady = async ({ services }: RunningDistributed): Promise<void> => {
  const until = performance.now() + settledWithinMs;
  for (const { instance, url } of services) {
    for (;;) {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
      if (answer?.status === 200) break;
      if (performance.now() > until) throw new Error(`${instance} is not ready: ${await answer?.text()}`);
      await delay(200);
    }
  }
};

const untilCalm = async ({ isCalm }: Outages): Promise<void> => {
  while (!isCalm()) await delay(100);
};

const expectSessions = async (
  { gateways }: RunningDistributed,
  sessions: readonly string[],
  fault: (line: string) => void,
): Promise<void> => {
  for (const [at, cookie] of sessions.entries()) {
    const gateway = gateways[at % gateways.length];
    const { status } = await fetch(`${gateway?.url}/api/session`, { headers: { cookie } });
    if (status !== 200) fault(`a session that was answered is gone: ${status}`);
  }
};

interface Listed {
  readonly id: string;
  readonly version?: number;
}

const readPages = async (product: RunningDistributed, path: string): Promise<readonly Listed[]> => {
  const items: Listed[] = [];
  let cursor = '';
  for (;;) {
    const { status, body } = await product.administer('GET', `${path}?limit=200${cursor}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    items.push(...body.items);
    if (body.nextCursor === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
};

const listAll = async (product: RunningDistributed): Promise<ReadonlyMap<string, number | undefined>> => {
  const listed = new Map<string, number | undefined>();
  for (const path of ['/api/connectors', '/api/users', '/api/administrators', '/api/api-keys'])
    for (const { id, version } of await readPages(product, path)) listed.set(id, version);
  return listed;
};

/** What is wrong between the API, the audit and the topics once nothing of it goes away any more by waiting. */
const untilSettled = async (
  product: RunningDistributed,
  sessions: number,
): Promise<{ readonly records: PublishedRecords; readonly found: readonly string[] }> => {
  const until = performance.now() + settledWithinMs;
  for (;;) {
    const listed = await listAll(product);
    const records = await readRecords(product);
    const audited = new Set((await readPages(product, '/api/audit')).map(({ id }) => id));
    const { facts, report } = records;
    const found = [...faultsOfOrder(facts), ...faultsOfState(records, listed)];
    found.push(...report.faults.map(({ kind, topic, key, detail }) => `${kind}: ${topic} ${key}: ${detail}`));
    const succeeded = new Set(facts.filter(({ type }) => type === 'login.succeeded').map(({ subject }) => subject));
    if (succeeded.size < sessions) found.push(`${sessions} sessions, ${succeeded.size} logins on the topics`);
    const unaudited = facts.filter(({ id }) => !audited.has(id));
    if (unaudited.length > 0) found.push(`${unaudited.length} facts are not in the audit, as ${unaudited[0]?.type}`);
    if (found.length === 0 || performance.now() > until) return { records, found };
    await delay(1_000);
  }
};

/** A gateway whose view is built from nothing knows what the other one knows. */
const expectRebuilt = async (
  product: RunningDistributed,
  signer: Signer,
  fault: (line: string) => void,
): Promise<void> => {
  const gateway = copyOf(product, 'auth-gateway', 1);
  await gateway.process.stop();
  await rm(gateway.env.GATEHOUSE_DATA_DIR ?? '', { recursive: true });
  await gateway.start();
  const connectors = (await product.administer('GET', '/api/connectors?limit=200')).body.items;
  for (const { reference: address, enabled } of connectors) {
    const { status } = await fetch(`${gateway.url}/api/sso/login/${address}`, { redirect: 'manual' });
    if ((status === 302) !== enabled) fault(`${address}, enabled: ${enabled}, is answered with ${status}`);
  }
  const started = await startLogin(gateway.url, reference);
  const { session, text } = await postAnswer(
    gateway.url,
    started,
    signer.respond(product, started, { nameId: member(0) }),
  );
  if (session === undefined) fault(`no login at a view built from nothing: ${text.slice(0, 200)}`);
};
