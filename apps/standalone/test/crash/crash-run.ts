import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type AnyFact, aggregates, factsTopic, systemClock } from '@gatehouse/contracts';
import { decodeRecord } from '@gatehouse/event-log';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { makeResponse, makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import {
  freePort,
  postAnswer,
  type RunningStandalone,
  type StartedLogin,
  startLogin,
  startStandalone,
} from '@gatehouse/test-servers';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

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

interface Account {
  readonly id: string;
  status: 'active' | 'suspended';
  linked: boolean;
  /** Newest version that an answer told of. */
  version: number;
  /** A command was cut off: the next read decides. */
  uncertain: boolean;
}

interface Login {
  readonly started: StartedLogin;
  readonly response: string;
  /** Cookie headers of the sessions that it was answered with. */
  readonly sessions: string[];
  /** A post was cut off: it may have counted. */
  maybe: boolean;
}

const workers = 4;
const issuer = 'http://127.0.0.1:4999/saml/metadata';

/** A fetch that failed because nobody was there, as opposed to an answer that is wrong. */
const isCutOff = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');

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
  let product = await startStandalone({ dataDir, port, internalPort });
  let up: Promise<void> = Promise.resolve();
  const tally = { acknowledged: 0, unanswered: 0, logins: 0 };

  const key = makeSigningKey();
  const certificate = makeSelfSignedCertificate({ key });
  const { body: connector } = await product.administer('POST', '/api/connectors', {
    name: 'Crash',
    reference: 'crash',
    type: 'SAML_V2',
    saml: {
      issuerUrl: issuer,
      endpoint: 'http://127.0.0.1:4999/sso',
      nameIdFormat: 'emailAddress',
      certificates: [certificate],
    },
  });
  const respond = (started: StartedLogin, nameId: string): string =>
    makeResponse({
      key,
      certificate,
      issuer,
      acsUrl: `${product.baseUrl}/api/sso/login/callback`,
      audience: `${product.baseUrl}/api/saml/metadata`,
      nameId,
      inResponseTo: started.requestId,
    });

  let done = 0;
  const worker = async (number: number, choose: SeededRandom): Promise<{ accounts: Account[]; logins: Login[] }> => {
    const accounts: Account[] = [];
    const logins: Login[] = [];
    const member: { id: string; username: string } = { id: '', username: `worker${number}@crash.example` };
    /** One command; undefined when it was cut off. A status that is not expected is a fault. */
    const command = async (
      method: string,
      path: string,
      expected: readonly number[],
      body?: unknown,
      headers?: Record<string, string>,
    ) => {
      try {
        const answer = await product.administer(method, path, body, headers);
        if (!expected.includes(answer.status))
          faults.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        tally.acknowledged++;
        return answer;
      } catch (error) {
        if (!isCutOff(error)) throw error;
        tally.unanswered++;
        await delay(20);
        await up;
        return undefined;
      }
    };
    const settle = async (account: Account): Promise<void> => {
      const user = await command('GET', `/api/users/${account.id}`, [200]);
      const links = await command('GET', `/api/users/${account.id}/connectors`, [200]);
      if (user === undefined || links === undefined) return;
      const seen = { status: user.body.status, linked: links.body.items.length > 0, version: user.body.version };
      if (account.uncertain) {
        Object.assign(account, seen, { uncertain: false });
      } else if (seen.status !== account.status || seen.linked !== account.linked || seen.version < account.version) {
        faults.push(`lost: ${account.id} was ${JSON.stringify(account)}, is ${JSON.stringify(seen)}`);
      }
    };
    const change = async (account: Account, method: string, path: string, after: Partial<Account>): Promise<void> => {
      if (account.uncertain) await settle(account);
      if (account.uncertain) return;
      const answer = await command(method, path, [200, 204]);
      if (answer === undefined) {
        account.uncertain = true;
        return;
      }
      Object.assign(account, after, { version: Number(answer.headers.get('gatehouse-version') ?? account.version) });
    };
    const create = async (): Promise<void> => {
      const answer = await command('POST', '/api/users', [201], {
        username: `u${number}-${choose.below(1e9)}@crash.example`,
      });
      if (answer === undefined) return;
      accounts.push({ id: answer.body.id, status: 'active', linked: false, version: 1, uncertain: false });
    };
    const post = async (login: Login): Promise<void> => {
      try {
        const answer = await postAnswer(`http://127.0.0.1:${port}`, login.started, login.response);
        if (answer.session !== undefined) login.sessions.push(answer.session);
        else if (login.sessions.length === 0 && !login.maybe)
          faults.push(`a good login was refused: ${answer.status} ${answer.text.slice(0, 200)}`);
        if (login.sessions.length > 1) faults.push(`an attempt gave ${login.sessions.length} sessions`);
      } catch (error) {
        if (!isCutOff(error)) throw error;
        login.maybe = true;
        tally.unanswered++;
        await delay(20);
        await up;
      }
    };
    const signIn = async (): Promise<void> => {
      try {
        const started = await startLogin(`http://127.0.0.1:${port}`, 'crash');
        const login: Login = { started, response: respond(started, member.username), sessions: [], maybe: false };
        logins.push(login);
        tally.logins++;
        await post(login);
        if (choose.below(2) === 0) await post(login);
      } catch (error) {
        if (!isCutOff(error)) throw error;
        tally.unanswered++;
        await delay(20);
        await up;
      }
    };
    while (member.id === '') {
      const made = await command('POST', '/api/users', [201, 409], { username: member.username });
      const found =
        made?.status === 201
          ? made.body
          : (await command('GET', `/api/users?q=${encodeURIComponent(member.username)}`, [200]))?.body.items[0];
      if (
        found?.id !== undefined &&
        (await command('PUT', `/api/users/${found.id}/connectors/${connector.id}`, [204])) !== undefined
      )
        member.id = found.id;
    }
    while (done < options.commands) {
      done++;
      const account = accounts.length === 0 ? undefined : choose.pick(accounts);
      const kind = choose.below(10);
      if (account === undefined || kind === 0) await create();
      else if (kind <= 2)
        await change(account, 'PUT', `/api/users/${account.id}/connectors/${connector.id}`, { linked: true });
      else if (kind <= 3)
        await change(account, 'DELETE', `/api/users/${account.id}/connectors/${connector.id}`, { linked: false });
      else if (kind <= 5) await change(account, 'POST', `/api/users/${account.id}/suspend`, { status: 'suspended' });
      else if (kind <= 7) await change(account, 'POST', `/api/users/${account.id}/reactivate`, { status: 'active' });
      else await signIn();
    }
    await up;
    for (const account of accounts) await settle(account);
    for (const login of logins) await post(login);
    return { accounts, logins };
  };

  let kills = 0;
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
    const [results] = await Promise.all([
      Promise.all(
        Array.from({ length: workers }, (_, number) => worker(number, seededRandom(options.seed * 31 + number))),
      ),
      killer(),
    ]);
    const sessions = results.flatMap(({ logins }) => logins.flatMap((login) => login.sessions));
    for (const cookie of sessions) {
      const { status } = await fetch(`http://127.0.0.1:${port}/api/session`, { headers: { cookie } });
      if (status !== 200) faults.push(`a session that was answered is gone: ${status}`);
    }
    await untilPublished(product);
    const audited = await readAudit(product);
    await product.process.stop();
    const published = await readFacts(dataDir);
    faults.push(...faultsInLog(published));
    const succeeded = new Set(published.filter(({ type }) => type === 'login.succeeded').map(({ subject }) => subject));
    if (succeeded.size < sessions.length)
      faults.push(`${sessions.length} sessions were answered, ${succeeded.size} logins are in the log`);
    const unaudited = published.filter(({ id }) => !audited.has(id));
    if (unaudited.length > 0) faults.push(`${unaudited.length} facts are not in the audit, as ${unaudited[0]?.type}`);
    const last = new Map(published.map((fact) => [fact.subject, fact.sequence]));
    for (const account of results.flatMap(({ accounts }) => accounts)) {
      if ((last.get(account.id) ?? 0) < account.version) {
        faults.push(
          `${account.id}: version ${account.version} was acknowledged, the log ends at ${last.get(account.id) ?? 0}`,
        );
      }
    }
    const distinct = new Set(published.map(({ id }) => id)).size;
    say(
      `seed ${options.seed}: ${done} commands, ${kills} kills, ${tally.unanswered} unanswered, ${distinct} facts, ${faults.length} faults`,
    );
    return {
      commands: done,
      ...tally,
      sessions: sessions.length,
      kills,
      facts: distinct,
      repeatedFacts: published.length - distinct,
      faults,
    };
  } finally {
    await product.process.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
};

/** Stopping drains the outboxes; this only gives the relay its usual moment. */
const untilPublished = async (product: RunningStandalone): Promise<void> => {
  await fetch(`http://127.0.0.1:${product.port}/readyz`);
  await delay(200);
};

/** Ids of all entries of the audit. */
const readAudit = async (product: RunningStandalone): Promise<ReadonlySet<string>> => {
  const ids = new Set<string>();
  let cursor = '';
  for (;;) {
    const { body } = await product.administer('GET', `/api/audit?limit=200${cursor}`);
    for (const { id } of body.items) ids.add(id);
    if (body.nextCursor === undefined) return ids;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
};

const readFacts = async (dataDir: string): Promise<readonly AnyFact[]> => {
  const log = sqliteEventLog({ path: join(dataDir, 'event-log.db'), clock: systemClock });
  const facts: AnyFact[] = [];
  const subscription = await log.subscribe({
    group: 'crash-run',
    topics: aggregates.map(factsTopic),
    positions: async () => ({}),
    async handle({ records }) {
      for (const record of records) {
        const message = decodeRecord(record);
        if (message.kind !== 'fact') throw new Error(`no fact at ${record.topic} ${record.offset}`);
        facts.push(message.fact);
      }
    },
  });
  await subscription.caughtUp(30_000);
  await subscription.close();
  await log.close();
  return facts;
};

const faultsInLog = (facts: readonly AnyFact[]): string[] => {
  const faults: string[] = [];
  const seen = new Map<string, { sequence: number; ids: Map<number, string> }>();
  const succeeded = new Map<string, number>();
  for (const { id, subject, sequence, type } of facts) {
    const known = seen.get(subject) ?? { sequence: 0, ids: new Map<number, string>() };
    seen.set(subject, known);
    const earlier = known.ids.get(sequence);
    if (earlier === id) continue;
    if (earlier !== undefined) faults.push(`${subject}: two facts of sequence ${sequence}`);
    if (sequence !== known.sequence + 1) faults.push(`${subject}: ${type} ${sequence} follows ${known.sequence}`);
    known.ids.set(sequence, id);
    known.sequence = sequence;
    if (type === 'login.succeeded') succeeded.set(subject, (succeeded.get(subject) ?? 0) + 1);
  }
  for (const [attempt, times] of succeeded) if (times > 1) faults.push(`${attempt} succeeded ${times} times`);
  return faults;
};
