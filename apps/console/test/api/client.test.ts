import { describe, expect, it } from 'vitest';
import { type ApiClient, createApiClient, isCode, query } from '../../src/api/client.ts';
import { ApiProblem } from '../../src/api/problem.ts';

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

const clientWith = (answers: readonly (() => Response | Promise<Response>)[]): { api: ApiClient; sent: Sent[] } => {
  const sent: Sent[] = [];
  const left = [...answers];
  const api = createApiClient({
    newTraceId: () => traceId,
    fetch: async (path, init) => {
      sent.push({ path, headers: { ...(init.headers as Record<string, string>) }, body: init.body });
      const answer = left.shift();
      if (answer === undefined) throw new Error('one request too many');
      return answer();
    },
  });
  return { api, sent };
};

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const problem = (status: number, code: string, more: object = {}) =>
  json(status, { type: 'about:blank', title: 'Refused', status, code, ...more });

const failureOf = async (call: Promise<unknown>): Promise<ApiProblem> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiProblem)) throw new Error(`no ApiProblem: ${String(error)}`);
  return error;
};

describe('the API client', () => {
  it('sends the CSRF token and the version with a change, and neither with a question', async () => {
    const { api, sent } = clientWith([json(200, {}), json(200, {})]);
    api.setCsrfToken('token-1');
    await api.call('/api/connectors');
    await api.call('/api/connectors/x', { method: 'PATCH', version: 3, body: { name: 'Corp' } });
    expect(sent[0]?.headers).not.toHaveProperty('x-csrf-token');
    expect(sent[1]?.headers).toMatchObject({
      'x-csrf-token': 'token-1',
      'if-match': '"3"',
      'content-type': 'application/merge-patch+json',
    });
  });

  it('names its trace id to the server and in the problem', async () => {
    const { api, sent } = clientWith([problem(500, 'internal_error')]);
    const failure = await failureOf(api.call('/api/users'));
    expect(sent[0]?.headers.traceparent).toBe(`00-${traceId}-${traceId.slice(16)}-01`);
    expect(failure.traceId).toBe(traceId);
  });

  it('keeps code, detail and field errors of a problem', async () => {
    const errors = [{ pointer: '/name', message: 'is mandatory' }];
    const { api } = clientWith([problem(400, 'invalid_request', { detail: 'Two fields are wrong.', errors })]);
    const failure = await failureOf(api.call('/api/users', { method: 'POST', body: {} }));
    expect(failure).toMatchObject({ code: 'invalid_request', status: 400, message: 'Two fields are wrong.', errors });
  });

  it('tells a fault that something in between has written by its status', async () => {
    const { api } = clientWith([() => new Response('<h1>Bad gateway</h1>', { status: 502 })]);
    const failure = await failureOf(api.call('/api/users'));
    expect(failure).toMatchObject({ code: 'unreadable', status: 502 });
    expect(failure.message).toContain('502');
  });

  it('tells a missing answer', async () => {
    const { api } = clientWith([() => Promise.reject(new TypeError('fetch failed'))]);
    expect(await failureOf(api.call('/api/users'))).toMatchObject({ code: 'unreachable', status: 0 });
  });

  it('fetches a new CSRF token once when another tab has changed it', async () => {
    const { api, sent } = clientWith([
      problem(403, 'csrf_token_invalid'),
      json(200, { csrfToken: 'token-2' }),
      json(200, { done: true }),
    ]);
    api.setCsrfToken('token-1');
    expect(await api.call('/api/users', { method: 'POST', body: {} })).toEqual({ done: true });
    expect(sent.map(({ path }) => path)).toEqual(['/api/users', '/api/administrators/me', '/api/users']);
    expect(sent[2]?.headers['x-csrf-token']).toBe('token-2');
  });

  it('reports the end of the session, but not a wrong passphrase', async () => {
    const { api } = clientWith([problem(401, 'invalid_credentials'), problem(401, 'unauthenticated')]);
    let ended = 0;
    api.listen({ signedOut: () => ended++, changePending: () => undefined });
    await failureOf(api.call('/api/administrators/sign-in', { method: 'POST', body: {} }));
    expect(ended).toBe(0);
    await failureOf(api.call('/api/users'));
    expect(ended).toBe(1);
  });

  it('reports a change that is not in force yet', async () => {
    const { api } = clientWith([
      json(200, {}, { 'gatehouse-applied': 'pending' }),
      () => new Response(null, { status: 204 }),
    ]);
    let pending = 0;
    api.listen({ signedOut: () => undefined, changePending: () => pending++ });
    await api.call('/api/users/x/suspend', { method: 'POST' });
    expect(await api.call('/api/users/x', { method: 'DELETE' })).toBeUndefined();
    expect(pending).toBe(1);
  });
});

describe('query', () => {
  it('leaves out what is not set and escapes the rest', () => {
    expect(query({ q: 'a&b', cursor: undefined, user: '', limit: 25 })).toBe('?q=a%26b&limit=25');
    expect(query({ q: undefined })).toBe('');
  });
});

describe('isCode', () => {
  it('knows problems from other errors', () => {
    expect(isCode(new Error('unauthenticated'), 'unauthenticated')).toBe(false);
    expect(isCode(new ApiProblem({ code: 'a', status: 400, message: '', traceId }), 'a')).toBe(true);
  });
});
