import { inflateRawSync } from 'node:zlib';
import { makeResponse, makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import { cpuMs, quantile } from './process-figures.ts';
import type { RunningProduct } from './product.ts';

export interface LoginFigures {
  readonly logins: number;
  readonly responseBytes: number;
  /** CPU of the product's process for a start and a callback, in milliseconds. */
  readonly cpuMsPerLogin: number;
  readonly startMs: { readonly p50: number; readonly p99: number };
  readonly callbackMs: { readonly p50: number; readonly p99: number };
  /** A session cookie that the last login gave. */
  readonly sessionCookie: string;
}

const issuer = 'http://127.0.0.1:4999/saml/metadata';
const users = 20;

const administer = async (
  product: RunningProduct,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${product.baseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${product.adminKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
};

const inParallel = async <Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as Item);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
};

const cookieOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');

/**
 * Whole logins over HTTP, `width` at a time: all starts, then (outside the measurement) all responses are signed, then
 * all callbacks. The browser's cookie comes with the callback.
 */
export const measureLogins = async (product: RunningProduct, logins: number, width: number): Promise<LoginFigures> => {
  const key = makeSigningKey();
  const certificate = makeSelfSignedCertificate({ key });
  const connector = await administer(product, 'POST', '/api/connectors', {
    name: 'Bench',
    reference: 'bench',
    type: 'SAML_V2',
    saml: {
      issuerUrl: issuer,
      endpoint: 'http://127.0.0.1:4999/saml/sso',
      nameIdFormat: 'emailAddress',
      certificates: [certificate],
    },
  });
  for (let i = 0; i < users; i++) {
    const user = await administer(product, 'POST', '/api/users', { username: `user${i}@bench.example` });
    await administer(product, 'PUT', `/api/users/${user.id}/connectors/${connector.id}`);
  }

  const start = async () => {
    const begun = performance.now();
    const answer = await fetch(`${product.baseUrl}/api/sso/login/bench`, { redirect: 'manual' });
    await answer.arrayBuffer();
    const took = performance.now() - begun;
    const location = answer.headers.get('location');
    if (answer.status !== 302 || location === null) throw new Error(`the login did not start: ${answer.status}`);
    const query = new URL(location).searchParams;
    const request = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString();
    return {
      took,
      cookie: cookieOf(answer),
      relayState: query.get('RelayState') ?? '',
      requestId: / ID="([^"]+)"/.exec(request)?.[1] ?? '',
    };
  };
  let responseBytes = 0;
  const respond = (attempt: Awaited<ReturnType<typeof start>>, i: number) => {
    const nameId = `user${i % users}@bench.example`;
    const response = makeResponse({
      key,
      certificate,
      issuer,
      acsUrl: `${product.baseUrl}/api/sso/login/callback`,
      audience: `${product.baseUrl}/api/saml/metadata`,
      nameId,
      inResponseTo: attempt.requestId,
      sign: 'assertion',
      attributes: [
        { name: 'email', values: [nameId] },
        { name: 'groups', values: Array.from({ length: 12 }, (_, n) => `cn=group-${n},ou=people,dc=bench,dc=example`) },
      ],
    });
    responseBytes = Buffer.byteLength(response, 'base64');
    return {
      ...attempt,
      form: new URLSearchParams({ SAMLResponse: response, RelayState: attempt.relayState }).toString(),
    };
  };
  const callBack = async ({ cookie, form }: ReturnType<typeof respond>) => {
    const begun = performance.now();
    const answer = await fetch(`${product.baseUrl}/api/sso/login/callback`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
      body: form,
    });
    const text = await answer.text();
    if (answer.status !== 303) throw new Error(`the login was refused: ${answer.status} ${text.slice(0, 500)}`);
    const session = cookieOf(answer);
    if (!session.includes('gatehouse_session=')) throw new Error('the login gave no session');
    return { took: performance.now() - begun, session };
  };

  const round = async (count: number) => {
    const beforeStarts = cpuMs(product.pid);
    const attempts = await inParallel(Array.from({ length: count }), width, start);
    const startCpu = cpuMs(product.pid) - beforeStarts;
    const posts = attempts.map(respond);
    const beforeCallbacks = cpuMs(product.pid);
    const callbacks = await inParallel(posts, width, callBack);
    return { cpu: startCpu + cpuMs(product.pid) - beforeCallbacks, attempts, callbacks };
  };
  await round(Math.max(200, users));
  const measured = await round(logins);
  const starts = measured.attempts.map(({ took }) => took).toSorted((a, b) => a - b);
  const callbacks = measured.callbacks.map(({ took }) => took).toSorted((a, b) => a - b);
  return {
    logins,
    responseBytes,
    cpuMsPerLogin: measured.cpu / logins,
    startMs: { p50: quantile(starts, 0.5), p99: quantile(starts, 0.99) },
    callbackMs: { p50: quantile(callbacks, 0.5), p99: quantile(callbacks, 0.99) },
    sessionCookie: measured.callbacks.at(-1)?.session ?? '',
  };
};
