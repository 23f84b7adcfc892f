import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { makeResponse, makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import { freePort, type RunningStandalone, type StartedLogin, startStandalone } from '@gatehouse/test-servers';
import { type Caller, createCaller } from './caller.ts';
import { administratorKind, apiKeyKind, connectorKind, type KindDeps, userKind } from './kinds.ts';
import { faultsOfOrder, faultsOfState, readLog } from './published-log.ts';
import { seededRandom } from './seeded-random.ts';
import { type SignIns, signInKind } from './sign-ins.ts';

export interface CrashRunOptions {
  readonly seed: number;
  /** How many commands and logins, over all workers. */
  readonly commands: number;
  /** How many times the product is killed, at random moments. */
  readonly kills: number;
  readonly say?: (line: string) => void;
}

export interface CrashTally {
  readonly commands: number;
  /** How many of each command were sent, those that found nothing to change as a creation. */
  readonly sent: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  /** Logins that were answered with a session. */
  readonly sessions: number;
  /** Commands whose answer never came because the product was killed. */
  readonly unanswered: number;
  readonly kills: number;
  readonly logins: number;
  readonly facts: number;
  readonly repeatedFacts: number;
  /** What must not be; empty when all is well. */
  readonly faults: readonly string[];
}

interface Shared {
  readonly connectorId: string;
  readonly reference: string;
  readonly saml: object;
  readonly respond: (started: StartedLogin, nameId: string) => string;
}

const workers = 4;
const issuer = 'http://127.0.0.1:4999/saml/metadata';
const reference = 'crash';

/**
 * Runs mixed commands and logins against the embedded product, kills it (SIGKILL) at random moments, starts it again on the
 * same directory, and then holds what it says and what its log holds against every answer that it gave.
 */
export const crashRun = async (options: CrashRunOptions): Promise<CrashTally> => {
  const say = options.say ?? (() => undefined);
  const random = seededRandom(options.seed);
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-crash-'));
  const port = await freePort();
  const internalPort = await freePort();
  const faults: string[] = [];
  const sent: Record<string, number> = {};
  const tally = { acknowledged: 0, unanswered: 0 };
  let product = await startStandalone({ dataDir, port, internalPort });
  let up: Promise<void> = Promise.resolve();
  let done = 0;
  let kills = 0;

  const caller = createCaller({
    product: () => product,
    up: () => up,
    fault: (line) => faults.push(line),
    tally,
  });

  const worker = async (number: number, shared: Shared): Promise<SignIns> => {
    const choose = seededRandom(options.seed * 31 + number);
    const deps: KindDeps = { caller, choose, prefix: `worker${number}` };
    const username = `member${number}@crash.example`;
    await makeMember(caller, username, shared.connectorId);
    const connectors = connectorKind(deps, shared.saml);
    const users = userKind(deps, connectors.ledger, shared.connectorId);
    const respond = (started: StartedLogin): string => shared.respond(started, username);
    const signIns = signInKind({ caller, choose, reference, respond });
    const kinds = [connectors, users, apiKeyKind(deps), administratorKind(deps), signIns];
    const mix = kinds.flatMap(({ shares }) => shares.flatMap((share) => Array(share.weight).fill(share)));
    while (done < options.commands) {
      done++;
      const { name, run } = choose.pick(mix);
      sent[name] = (sent[name] ?? 0) + 1;
      await run();
    }
    await up;
    for (const kind of kinds) await kind.settleAll();
    return signIns;
  };

  const killer = async (): Promise<void> => {
    while (kills < options.kills && done < options.commands) {
      const share = Math.floor((options.commands * (kills + 1)) / (options.kills + 1));
      while (done < share) await delay(5);
      await delay(random.below(60));
      let risen: () => void = () => undefined;
      up = new Promise((resolve) => {
        risen = resolve;
      });
      await product.process.kill();
      kills++;
      product = await startStandalone({ dataDir, port, internalPort });
      risen();
    }
  };

  try {
    const shared = await prepare(product);
    const [signIns] = await Promise.all([
      Promise.all(Array.from({ length: workers }, (_, number) => worker(number, shared))),
      killer(),
    ]);
    const sessions = signIns.flatMap((kind) => kind.sessions());
    for (const cookie of sessions) {
      const { status } = await fetch(`http://127.0.0.1:${port}/api/session`, { headers: { cookie } });
      if (status !== 200) faults.push(`a session that was answered is gone: ${status}`);
    }
    const listed = await listAll(product);
    const audited = new Set((await readPages(product, '/api/audit')).map(({ id }) => id));
    await product.process.stop();

    const log = await readLog(dataDir);
    faults.push(...faultsOfOrder(log.facts), ...faultsOfState(log, listed));
    const succeeded = new Set(log.facts.filter(({ type }) => type === 'login.succeeded').map(({ subject }) => subject));
    if (succeeded.size < sessions.length)
      faults.push(`${sessions.length} sessions were answered, ${succeeded.size} logins are in the log`);
    const unaudited = log.facts.filter(({ id }) => !audited.has(id));
    if (unaudited.length > 0) faults.push(`${unaudited.length} facts are not in the audit, as ${unaudited[0]?.type}`);
    const distinct = new Set(log.facts.map(({ id }) => id)).size;
    say(
      `seed ${options.seed}: ${done} commands, ${kills} kills, ${tally.unanswered} unanswered, ${distinct} facts, ${faults.length} faults`,
    );
    return {
      commands: done,
      sent,
      ...tally,
      sessions: sessions.length,
      logins: signIns.reduce((sum, kind) => sum + kind.started(), 0),
      kills,
      facts: distinct,
      repeatedFacts: log.facts.length - distinct,
      faults,
    };
  } finally {
    await product.process.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
};

/** The connector that logins go through, and an administrator who is never deleted. */
const prepare = async (product: RunningStandalone): Promise<Shared> => {
  const key = makeSigningKey();
  const certificate = makeSelfSignedCertificate({ key });
  const saml = {
    issuerUrl: issuer,
    endpoint: 'http://127.0.0.1:4999/sso',
    nameIdFormat: 'emailAddress',
    certificates: [certificate],
  };
  const body = { name: 'Crash', reference, type: 'SAML_V2', saml };
  const connector = await product.administer('POST', '/api/connectors', body);
  const keeper = { username: 'keeper@crash.example', passphrase: 'crash-run-passphrase' };
  const administrator = await product.administer('POST', '/api/administrators', keeper);
  if (connector.status !== 201 || administrator.status !== 201)
    throw new Error(`not prepared: ${connector.status}, ${administrator.status}`);
  const { baseUrl } = product;
  return {
    connectorId: connector.body.id,
    reference,
    saml,
    respond: (started, nameId) =>
      makeResponse({
        key,
        certificate,
        issuer,
        acsUrl: `${baseUrl}/api/sso/login/callback`,
        audience: `${baseUrl}/api/saml/metadata`,
        nameId,
        inResponseTo: started.requestId,
      }),
  };
};

/** A user who can sign in, however often the product is killed meanwhile. */
const makeMember = async (caller: Caller, username: string, connectorId: string): Promise<void> => {
  for (;;) {
    const made = await caller.command('POST', '/api/users', [201, 409], { body: { username } });
    const id =
      made?.status === 201
        ? made.body.id
        : (await caller.command('GET', `/api/users?q=${encodeURIComponent(username)}`, [200]))?.body.items[0]?.id;
    if (id === undefined) continue;
    if ((await caller.command('PUT', `/api/users/${id}/connectors/${connectorId}`, [204])) !== undefined) return;
  }
};

interface Listed {
  readonly id: string;
  readonly version?: number;
}

const readPages = async (product: RunningStandalone, path: string): Promise<readonly Listed[]> => {
  const items: Listed[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await product.administer('GET', `${path}?limit=200${cursor}`);
    items.push(...body.items);
    if (body.nextCursor === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
};

const listOnce = async (product: RunningStandalone): Promise<ReadonlyMap<string, number | undefined>> => {
  const listed = new Map<string, number | undefined>();
  for (const path of ['/api/connectors', '/api/users', '/api/administrators', '/api/api-keys'])
    for (const { id, version } of await readPages(product, path)) listed.set(id, version);
  return listed;
};

/**
 * Versions by id of all that is there, once nothing changes any more: deleted connectors go on taking links away after the
 * last answer, and the relay and the audit have their moment.
 */
const listAll = async (product: RunningStandalone): Promise<ReadonlyMap<string, number | undefined>> => {
  const until = Date.now() + 15_000;
  let listed = await listOnce(product);
  for (;;) {
    await delay(500);
    const again = await listOnce(product);
    if (isDeepStrictEqual(again, listed) || Date.now() > until) return again;
    listed = again;
  }
};
