import { createIds } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { addHealthRoutes, createApp, createMetrics, type HealthOptions } from '../../src/index.ts';
import { capturedLog } from '../support/captured-log.ts';

const metrics = createMetrics({ process: false });

const ready = async (options: HealthOptions) => {
  const app = createApp({
    name: 'test',
    logger: capturedLog().logger,
    ids: createIds(),
    metrics: createMetrics({ process: false }),
  });
  addHealthRoutes(app, options);
  const answers = {
    live: await app.inject('/livez'),
    ready: await app.inject('/readyz'),
    metrics: await app.inject('/metrics'),
  };
  await app.close();
  return answers;
};

describe('health routes', () => {
  it('are ready when every check passes', async () => {
    const answers = await ready({ checks: [{ name: 'store', check: async () => {} }], metrics });
    expect(answers.live.json()).toEqual({ status: 'live' });
    expect(answers.ready.statusCode).toBe(200);
    expect(answers.ready.json()).toEqual({ status: 'ready', checks: [{ name: 'store', ok: true }] });
    expect(answers.metrics.headers['content-type']).toContain('text/plain');
    expect(answers.metrics.body).toContain('gatehouse_http_requests_total');
  });

  it('name each check that fails by its code and keep its words to themselves', async () => {
    const failure = Object.assign(new Error('mongodb://user:hunter2@mongo is down'), { code: 'store_unavailable' });
    const checks = [
      { name: 'store', check: () => Promise.reject(failure) },
      { name: 'log', check: () => Promise.reject(new Error('hunter2')) },
      { name: 'slow', check: () => new Promise<void>(() => {}) },
      { name: 'fine', check: async () => {} },
    ];
    const answers = await ready({ checks, timeoutMs: 20 });
    expect(answers.ready.statusCode).toBe(503);
    expect(answers.ready.headers['retry-after']).toBe('2');
    expect(answers.ready.json()).toEqual({
      status: 'not_ready',
      checks: [
        { name: 'store', ok: false, reason: 'store_unavailable' },
        { name: 'log', ok: false, reason: 'failed' },
        { name: 'slow', ok: false, reason: 'timeout' },
        { name: 'fine', ok: true },
      ],
    });
    expect(answers.ready.body).not.toContain('hunter2');
    expect(answers.live.statusCode).toBe(200);
  });

  it('serve no metrics where they were not asked for', async () => {
    expect((await ready({ checks: [] })).metrics.statusCode).toBe(404);
  });

  it('are not ready while the event loop lags', async () => {
    const answers = await ready({ checks: [], overload: { isOverloaded: () => true, close: () => undefined } });
    expect(answers.ready.json().checks).toEqual([{ name: 'event-loop', ok: false, reason: 'overloaded' }]);
  });
});
