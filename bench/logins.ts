import { makeResponse, makeSelfSignedCertificate, makeSigningKey } from '@gatehouse/practice-idp';
import { type Administer, postAnswer, type StartedLogin, startLogin } from '@gatehouse/test-servers';
import { inParallel } from './in-parallel.ts';
import { cpuMs, quantile } from './process-figures.ts';

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

/** The embedded product, or a gateway. */
export interface LoginProduct {
  readonly port: number;
  readonly baseUrl: string;
  /** The process whose CPU is counted. */
  readonly process: { readonly pid: number };
  readonly administer: Administer;
}

const issuer = 'http://127.0.0.1:4999/saml/metadata';
const users = 20;

/** Makes a connector and users who are linked to it, and warms the product up. What it returns measures whole logins. */
export const prepareLogins = async (
  product: LoginProduct,
  width: number,
): Promise<(logins: number) => Promise<LoginFigures>> => {
  const key = makeSigningKey();
  const certificate = makeSelfSignedCertificate({ key });
  const { body: connector } = await product.administer('POST', '/api/connectors', {
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
    const { body: user } = await product.administer('POST', '/api/users', { username: `user${i}@bench.example` });
    await product.administer('PUT', `/api/users/${user.id}/connectors/${connector.id}`);
  }

  const origin = `http://127.0.0.1:${product.port}`;
  const start = async () => {
    const begun = performance.now();
    const login = await startLogin(origin, 'bench');
    return { took: performance.now() - begun, login };
  };
  let responseBytes = 0;
  const respond = ({ login }: { readonly login: StartedLogin }, i: number) => {
    const nameId = `user${i % users}@bench.example`;
    const response = makeResponse({
      key,
      certificate,
      issuer,
      acsUrl: `${product.baseUrl}/api/sso/login/callback`,
      audience: `${product.baseUrl}/api/saml/metadata`,
      nameId,
      inResponseTo: login.requestId,
      sign: 'assertion',
      attributes: [
        { name: 'email', values: [nameId] },
        { name: 'groups', values: Array.from({ length: 12 }, (_, n) => `cn=group-${n},ou=people,dc=bench,dc=example`) },
      ],
    });
    responseBytes = Buffer.byteLength(response, 'base64');
    return { login, response };
  };
  const callBack = async ({ login, response }: ReturnType<typeof respond>) => {
    const begun = performance.now();
    const answer = await postAnswer(origin, login, response);
    if (answer.session === undefined)
      throw new Error(`the login was refused: ${answer.status} ${answer.text.slice(0, 500)}`);
    return { took: performance.now() - begun, session: answer.session };
  };

  const round = async (count: number) => {
    const beforeStarts = cpuMs(product.process.pid);
    const attempts = await inParallel(Array.from({ length: count }), width, start);
    const startCpu = cpuMs(product.process.pid) - beforeStarts;
    const posts = attempts.map(respond);
    const beforeCallbacks = cpuMs(product.process.pid);
    const callbacks = await inParallel(posts, width, callBack);
    return { cpu: startCpu + cpuMs(product.process.pid) - beforeCallbacks, attempts, callbacks };
  };
  await round(Math.max(200, users));
  return async (logins) => {
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
};

/**
 * Whole logins over HTTP, `width` at a time: all starts, then (outside the measurement) all responses are signed, then
 * all callbacks. The browser's cookie comes with the callback.
 */
export const measureLogins = async (product: LoginProduct, logins: number, width: number): Promise<LoginFigures> => {
  const measure = await prepareLogins(product, width);
  return await measure(logins);
};
