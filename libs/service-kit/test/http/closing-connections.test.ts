import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createIds } from '@gatehouse/contracts';
import { createTestClock } from '@gatehouse/contracts/testing';
import { describe, expect, it } from 'vitest';
import { createApp, createMetrics } from '../../src/index.ts';
import { capturedLog } from '../support/captured-log.ts';

describe('closing', () => {
  it('waits for the request under way, and for no connection that is kept alive or was never used', async () => {
    const { logger } = capturedLog();
    const app = createApp({
      name: 'test',
      logger,
      ids: createIds(createTestClock()),
      metrics: createMetrics({ process: false }),
    });
    let answer: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      app.get('/slow', async () => {
        resolve();
        await new Promise<void>((done) => {
          answer = done;
        });
        return { done: true };
      });
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;

    const unused = connect(port, '127.0.0.1').resume();
    await once(unused, 'connect');
    const busy = fetch(`http://127.0.0.1:${port}/slow`);
    await arrived;
    const unusedEnded = once(unused, 'close');
    const closed = app.close();
    await unusedEnded;
    answer();
    expect(await (await busy).json()).toEqual({ done: true });
    const answeredAt = performance.now();
    await closed;
    expect(performance.now() - answeredAt).toBeLessThan(2_000);
  });
});
