import { createIds, ProblemError } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AppOptions,
  createApp,
  createMetrics,
  emptyBody,
  type Metrics,
  securityHeaders,
} from '../../src/index.ts';
import { type CapturedLog, capturedLog } from '../support/captured-log.ts';
import { sendRaw } from '../support/raw-http.ts';

const Thing = Type.Object(
  { name: Type.String(), size: Type.Optional(Type.Integer()) },
  { additionalProperties: false },
);
const Query = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, default: 50 })) },
  { additionalProperties: false },
);

describe('createApp', () => {
  const open: FastifyInstance[] = [];
  let log: CapturedLog;
  let metrics: Metrics;

  const appWith = (options: Partial<AppOptions> = {}): FastifyInstance => {
    log = capturedLog();
    metrics = createMetrics({ process: false });
    const app = createApp({ name: 'test', logger: log.logger, ids: createIds(), metrics, ...options });
    app.post('/things', { schema: { body: Thing } }, async ({ body }) => ({ body }));
    app.patch('/things/:id', async ({ body }) => ({ body }));
    app.get('/things', { schema: { querystring: Query } }, async ({ query }) => ({ query }));
    app.get('/things/:id', async ({ params }) => params);
    app.post('/things/:id/enable', { preHandler: emptyBody }, async () => ({ enabled: true }));
    app.get('/trace', async ({ trace }) => trace);
    app.get('/broken', async () => {
      throw new Error('SQLITE_FULL at /var/lib/secret-path');
    });
    app.get('/refused', async () => {
      throw new ProblemError('storage_unavailable', { detail: 'disk sda1 is full' });
    });
    open.push(app);
    return app;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.close()));
  });

  const json = { 'content-type': 'application/json' };

  it.each([
    ['malformed JSON', { headers: json, payload: '{"name":' }, 400, 'invalid_json'],
    ['bytes that are not UTF-8', { headers: json, payload: Buffer.from([0x22, 0xff, 0x22]) }, 400, 'invalid_json'],
    ['deep JSON', { headers: json, payload: '['.repeat(5_000) + ']'.repeat(5_000) }, 400, 'invalid_json'],
    ['more values than any body has', { headers: json, payload: `[${'1,'.repeat(20_000)}1]` }, 400, 'invalid_json'],
    ['__proto__', { headers: json, payload: '{"name":"a","__proto__":{"x":1}}' }, 400, 'invalid_json'],
    [
      'constructor.prototype',
      { headers: json, payload: '{"name":"a","constructor":{"prototype":{}}}' },
      400,
      'invalid_json',
    ],
    [
      'a body larger than the limit',
      { headers: json, payload: `{"name":"${'a'.repeat(1_000_000)}"}` },
      413,
      'payload_too_large',
    ],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'name=a' },
      415,
      'unsupported_media_type',
    ],
    ['a media type that is none', { headers: { 'content-type': '///' }, payload: 'x' }, 415, 'unsupported_media_type'],
    [
      'a merge patch with POST',
      { headers: { 'content-type': 'application/merge-patch+json' }, payload: '{}' },
      415,
      'unsupported_media_type',
    ],
    ['an empty body where one is needed', { headers: json, payload: '' }, 400, 'invalid_request'],
    ['no body and no media type', {}, 400, 'invalid_request'],
    ['null', { headers: json, payload: 'null' }, 400, 'invalid_request'],
    ['a number for a string', { headers: json, payload: '{"name":1}' }, 400, 'invalid_request'],
  ])('answers %s with a problem', async (_what, request, status, code) => {
    const answer = await appWith().inject({ method: 'POST', url: '/things', ...request });
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers).toMatchObject(securityHeaders);
  });

  it('names every wrong field and coerces nothing in a body', async () => {
    const answer = await appWith().inject({ method: 'POST', url: '/things', payload: { size: '3', colour: 'red' } });
    expect(answer.json().errors).toEqual(
      expect.arrayContaining([
        { pointer: '/name', message: 'is mandatory' },
        { pointer: '/colour', message: 'is not a known field' },
        expect.objectContaining({ pointer: '/size' }),
      ]),
    );
  });

  it('bounds the number of fields that one answer names', async () => {
    const payload = Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`field${at}`, 1]));
    const answer = await appWith().inject({ method: 'POST', url: '/things', payload });
    expect(answer.json().errors).toHaveLength(100);
  });

  it('coerces a query, gives it defaults and refuses unknown parameters', async () => {
    const app = appWith();
    expect((await app.inject('/things?limit=7')).json()).toEqual({ query: { limit: 7 } });
    expect((await app.inject('/things')).json()).toEqual({ query: { limit: 50 } });
    const refused = await app.inject('/things?limit=many&colour=red');
    expect(refused.statusCode).toBe(400);
    expect(
      refused
        .json()
        .errors.map(({ pointer }: { pointer: string }) => pointer)
        .sort(),
    ).toEqual(['/colour', '/limit']);
  });

  it('takes a merge patch with PATCH, and JSON with a charset', async () => {
    const app = appWith();
    const patch = await app.inject({
      method: 'PATCH',
      url: '/things/1',
      headers: { 'content-type': 'application/merge-patch+json' },
      payload: '{"a":null}',
    });
    expect(patch.json()).toEqual({ body: { a: null } });
    const withCharset = { 'content-type': 'application/json; charset=utf-8' };
    expect(
      (await app.inject({ method: 'POST', url: '/things', headers: withCharset, payload: '{"name":"ü"}' })).json(),
    ).toEqual({
      body: { name: 'ü' },
    });
  });

  it.each([
    ['no body', {}],
    ['an empty JSON body', { headers: json, payload: '' }],
    ['{}', { headers: json, payload: '{}' }],
  ])('takes an action with %s', async (_what, request) => {
    const answer = await appWith().inject({ method: 'POST', url: '/things/1/enable', ...request });
    expect(answer.statusCode).toBe(200);
  });

  it.each([
    ['{"a":1}', '/a'],
    ['[]', ''],
    ['3', ''],
  ])('refuses an action with the body %s', async (payload, pointer) => {
    const answer = await appWith().inject({ method: 'POST', url: '/things/1/enable', headers: json, payload });
    expect(answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] });
  });

  it.each([
    ['GET', '/nothing', 404, 'not_found'],
    ['GET', '/things/%zz', 400, 'invalid_url'],
    ['GET', '/things/%c3%28', 400, 'invalid_url'],
    ['GET', `/things/${'a'.repeat(300)}`, 414, 'uri_too_long'],
  ] as const)('answers %s %s with %i', async (method, url, status, code) => {
    const answer = await appWith().inject({ method, url });
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('answers 405 with what an address does take', async () => {
    const app = appWith();
    const answer = await app.inject({ method: 'DELETE', url: '/things?x=1' });
    expect(answer.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
    expect((await app.inject({ method: 'PUT', url: '/things/9/enable' })).headers.allow).toBe('POST');
  });

  it('answers for an address that does not exist as it was told, else with a problem', async () => {
    const app = appWith({
      notFound: ({ headers }, reply) =>
        headers.accept === 'text/html' ? reply.code(404).send('<p>none</p>') : undefined,
    });
    const page = await app.inject({ url: '/nothing', headers: { accept: 'text/html' } });
    expect([page.statusCode, page.body]).toEqual([404, '<p>none</p>']);
    expect(page.headers).toMatchObject(securityHeaders);
    expect((await app.inject('/nothing')).json()).toMatchObject({ status: 404, code: 'not_found' });
    const wrongMethod = await app.inject({ method: 'DELETE', url: '/things', headers: { accept: 'text/html' } });
    expect(wrongMethod.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });

  it('keeps what went wrong inside the process, and logs it with the trace that the answer names', async () => {
    const app = appWith();
    const answer = await app.inject('/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret-path');
    const line = log.lines().find(({ msg }) => msg === 'request failed');
    expect(line?.err).toMatchObject({ message: 'SQLITE_FULL at /var/lib/secret-path' });
    expect(answer.json().detail).toBe(`Trace ${String(line?.traceId)}`);
  });

  it('hides the detail of any 5xx problem and says when to come back', async () => {
    const answer = await appWith().inject('/refused');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      code: 'storage_unavailable',
      detail: expect.stringMatching(/^Trace [0-9a-f]{32}$/),
    });
    expect(answer.headers['retry-after']).toBe('2');
  });

  it('goes on with the trace of the caller and starts one otherwise', async () => {
    const app = appWith();
    const traceId = 'a'.repeat(32);
    const continued = await app.inject({
      url: '/trace',
      headers: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` },
    });
    expect(continued.json()).toEqual({
      traceId,
      traceparent: expect.stringMatching(`^00-${traceId}-(?!b{16})[0-9a-f]{16}-01$`),
    });
    const started = (await app.inject({ url: '/trace', headers: { traceparent: 'nonsense' } })).json();
    expect(started.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('never logs a query, which may carry codes', async () => {
    const app = appWith();
    await app.inject('/nothing?code=very-secret');
    expect(log.text()).toContain('request answered');
    expect(log.text()).not.toContain('very-secret');
  });

  it('counts requests by the pattern of their route', async () => {
    const app = appWith();
    await app.inject('/things/1');
    await app.inject('/things/2');
    await app.inject('/nothing/at/all');
    const text = await metrics.text();
    expect(text).toContain(
      'gatehouse_http_requests_total{service="test",method="GET",route="/things/:id",status="200"} 2',
    );
    expect(text).toContain('route="none",status="404"} 1');
    expect(text).not.toContain('/at/all');
  });

  it('turns requests away while overloaded, but not the probes', async () => {
    const app = appWith({ overload: { isOverloaded: () => true, close: () => undefined } });
    app.get('/livez', async () => ({ status: 'live' }));
    expect((await app.inject('/trace')).json()).toMatchObject({ status: 503, code: 'not_ready' });
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  it('lets the caller translate errors of libraries that it does not know', async () => {
    const app = appWith({ translate: () => new ProblemError('rate_limited', { headers: { 'retry-after': '60' } }) });
    const answer = await app.inject('/broken');
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('60');
  });

  describe('over a socket', () => {
    it('answers a header flood with 431', async () => {
      const flood = `GET /trace HTTP/1.1\r\nhost: x\r\n${'x-a: b\r\n'.repeat(5_000)}\r\n`;
      const answer = await sendRaw(appWith(), flood);
      expect(answer).toMatch(/^HTTP\/1\.1 431 /);
      expect(answer).toContain('"code":"headers_too_large"');
      expect(answer).toContain('content-type: application/problem+json');
    });

    it('answers what is no HTTP with 400', async () => {
      const answer = await sendRaw(appWith(), 'NONSENSE\r\n\r\n');
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"code":"invalid_request"');
    });

    it('answers a body that never ends with 408', async () => {
      const slow = 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{';
      const answer = await sendRaw(appWith({ timeouts: { request: 300, headers: 200 } }), slow);
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('"code":"request_timeout"');
    });

    it('answers headers that never end with 408', async () => {
      const answer = await sendRaw(
        appWith({ timeouts: { request: 300, headers: 200 } }),
        'GET / HTTP/1.1\r\nhost: x\r\n',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    });

    it('answers a length and a transfer coding at once with 400', async () => {
      const smuggled =
        'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
      expect(await sendRaw(appWith(), smuggled)).toMatch(/^HTTP\/1\.1 400 /);
    });
  });
});
