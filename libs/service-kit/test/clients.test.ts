import type { AddressInfo } from 'node:net';
import { createIds } from '@gatehouse/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp, createMetrics, httpClient, injectClient, type ServiceClient } from '../src/index.ts';
import { capturedLog } from './support/captured-log.ts';

const makeApp = () => {
  const app = createApp({
    name: 'test',
    logger: capturedLog().logger,
    ids: createIds(),
    metrics: createMetrics({ process: false }),
  });
  app.post('/echo', async ({ headers, body, query }, reply) => {
    reply.header('x-answer', 'yes').code(201);
    return { headers, body, query };
  });
  app.get('/away', async (_request, reply) => reply.redirect('https://elsewhere.example/'));
  app.get('/never', () => new Promise(() => {}));
  app.get('/bytes', async (_request, reply) => reply.type('application/octet-stream').send(Buffer.from([0, 255, 128])));
  return app;
};

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const clients: readonly [string, (timeoutMs: number) => Promise<ServiceClient>][] = [
  [
    'injectClient',
    async (timeoutMs) => {
      const app = makeApp();
      open.push(app);
      return injectClient(app, { timeoutMs });
    },
  ],
  [
    'httpClient',
    async (timeoutMs) => {
      const app = makeApp();
      await app.listen({ host: '127.0.0.1', port: 0 });
      open.push({
        close: async () => {
          app.server.closeAllConnections();
          await app.close();
        },
      });
      return httpClient({ baseUrl: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, timeoutMs });
    },
  ],
];

describe.each(clients)('%s', (_name, makeClient) => {
  it('carries path, query, headers, body, status and bytes through', async () => {
    const client = await makeClient(5_000);
    const answer = await client.call({
      method: 'POST',
      path: '/echo?a=1',
      headers: {
        'content-type': 'application/json',
        'x-mine': 'kept',
        connection: 'close',
        'transfer-encoding': 'chunked',
      },
      body: '{"x":"ü"}',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['x-answer']).toBe('yes');
    expect(answer.headers).not.toHaveProperty('connection');
    expect(answer.headers).not.toHaveProperty('content-length');
    const seen = JSON.parse(answer.body.toString());
    expect(seen).toMatchObject({ body: { x: 'ü' }, query: { a: '1' }, headers: { 'x-mine': 'kept' } });
    const bytes = await client.call({ method: 'GET', path: '/bytes', headers: {} });
    expect([...bytes.body]).toEqual([0, 255, 128]);
  });

  it('hands a redirect and a problem on as they are', async () => {
    const client = await makeClient(5_000);
    const away = await client.call({ method: 'GET', path: '/away', headers: {} });
    expect([away.status, away.headers.location]).toEqual([302, 'https://elsewhere.example/']);
    expect((await client.call({ method: 'GET', path: '/nothing', headers: {} })).status).toBe(404);
  });

  it('gives up after the time-out', async () => {
    const client = await makeClient(50);
    const call = client.call({ method: 'GET', path: '/never', headers: {} });
    await expect(call).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

it('httpClient says that a service that is not there is unavailable', async () => {
  const client = httpClient({ baseUrl: 'http://127.0.0.1:1' });
  await expect(client.call({ method: 'GET', path: '/', headers: {} })).rejects.toMatchObject({
    code: 'upstream_unavailable',
  });
});
