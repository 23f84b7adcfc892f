import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { matches } from '@gatehouse/contracts';
import { type ServiceClient, StartError } from '@gatehouse/service-kit';
import { Type } from 'typebox';

/** The practice identity provider in a process of its own: it is never part of what is deployed. */
export interface PracticeIdp {
  readonly url: string;
  readonly issuerUrl: string;
  readonly endpoint: string;
  readonly certificate: string;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../../practice-idp/src/main.ts', import.meta.url));

const Ready = Type.Object({
  type: Type.Literal('ready'),
  url: Type.String(),
  issuerUrl: Type.String(),
  endpoint: Type.String(),
  certificate: Type.String(),
});

const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};

/**
 * Starts the practice identity provider and waits until it listens.
 * @param baseUrl the product's address, to whose origin answers may be sent
 * @throws StartError when it does not come up; what it had to say is on standard error
 */
export const startPracticeIdp = async (dataDir: string, baseUrl: string): Promise<PracticeIdp> => {
  const child = fork(program, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      PRACTICE_IDP_DATA_DIR: dataDir,
      PRACTICE_IDP_ALLOWED_ORIGINS: process.env.PRACTICE_IDP_ALLOWED_ORIGINS ?? new URL(baseUrl).origin,
    },
  });
  const ended = once(child, 'exit').then(() => undefined);
  const [message] = (await Promise.race([once(child, 'message'), ended])) ?? [];
  if (!matches(Ready, message)) {
    await stopChild(child);
    throw new StartError(
      'The practice identity provider did not start: mend what it says above, or start with --no-demo',
    );
  }
  const { url, issuerUrl, endpoint, certificate } = message;
  return { url, issuerUrl, endpoint, certificate, stop: () => stopChild(child) };
};

const practiceReference = 'practice';
export const practiceUsers = ['alice@example.com', 'bob@example.com'] as const;

const Made = Type.Object({ id: Type.String() });
const Found = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      reference: Type.Optional(Type.String()),
      username: Type.Optional(Type.String()),
    }),
  ),
});

interface SeedDeps {
  readonly registry: ServiceClient;
  readonly directory: ServiceClient;
  /** An internal token with the right `admin`. */
  token(): Promise<string>;
  /** A file that says that the demo's data were made once; what somebody deletes afterwards stays deleted. */
  readonly marker: string;
}

/**
 * Makes the connector `practice` and two linked users, once in the life of a data directory. A start that was cut off in the
 * middle is taken up where it ended.
 */
export const seedPractice = async (idp: PracticeIdp, deps: SeedDeps): Promise<void> => {
  if (existsSync(deps.marker)) return;
  const call = async (
    client: ServiceClient,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }> => {
    const answer = await client.call({
      method,
      path,
      headers: {
        authorization: `Bearer ${await deps.token()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = answer.body.toString();
    if (answer.status >= 300 && answer.status !== 409) {
      throw new StartError(`The demo's data could not be made: ${method} ${path} answered ${answer.status} ${text}`);
    }
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  /** What this start makes, or what an earlier one that was cut off, or somebody else, has made under the name already. */
  const madeOrFound = async (client: ServiceClient, path: string, name: string, body: unknown): Promise<string> => {
    const made = await call(client, 'POST', path, body);
    if (made.status !== 409 && matches(Made, made.body)) return made.body.id;
    const found = await call(client, 'GET', `${path}?limit=200&q=${encodeURIComponent(name)}`);
    const items = matches(Found, found.body) ? found.body.items : [];
    const same = items.find(({ reference, username }) => (reference ?? username)?.toLowerCase() === name);
    if (same === undefined) throw new StartError(`The demo's data could not be made: ${path} has no ${name}`);
    return same.id;
  };
  const connector = await madeOrFound(deps.registry, '/api/connectors', practiceReference, {
    name: 'Practice',
    reference: practiceReference,
    type: 'SAML_V2',
    saml: {
      issuerUrl: idp.issuerUrl,
      endpoint: idp.endpoint,
      nameIdFormat: 'emailAddress',
      certificates: [idp.certificate],
    },
  });
  for (const username of practiceUsers) {
    const [local = ''] = username.split('@');
    const displayName = local.charAt(0).toUpperCase() + local.slice(1);
    const user = await madeOrFound(deps.directory, '/api/users', username, { username, displayName });
    await call(deps.directory, 'PUT', `/api/users/${user}/connectors/${connector}`);
  }
  writeFileSync(deps.marker, 'The connector "practice" and its users were made.\n', { mode: 0o600 });
};
