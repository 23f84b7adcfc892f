import { connectorStateTopic, createIds } from '@gatehouse/contracts';
import { kafkaEventLog } from '@gatehouse/event-log/kafka';
import { createLogger } from '@gatehouse/service-kit';
import { mustSkipServerTests, type RunningDistributed, startDistributed } from '@gatehouse/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigner, type Signer } from '../support/signer.ts';

describe.skipIf(await mustSkipServerTests(['kafka', 'mongo', 'redis']))('commands of the distributed product', () => {
  let product: RunningDistributed;
  let signer: Signer;

  beforeAll(async () => {
    product = await startDistributed({ copies: { 'auth-gateway': 1 } });
    signer = await createSigner(product, 'corp');
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
  });

  it('admin reset prints a link that makes an administrator', async () => {
    const [, link = '', token = ''] = /(http\S+#token=([\w-]{43}))/.exec(await product.command('admin', 'reset')) ?? [];
    expect(link.startsWith(`${product.baseUrl}/console/set-up#`)).toBe(true);
    const made = await fetch(`http://127.0.0.1:${product.port}/api/administrators/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: product.baseUrl },
      body: JSON.stringify({ username: 'root@example.com', passphrase: 'correct horse battery staple', token }),
    });
    expect(made.status).toBe(201);
  });

  it('events tail shows what an aggregate went through, and verify that it is all there', async () => {
    const lines = (await product.command('events', 'tail', '--key', signer.userId, '--no-follow')).trim().split('\n');
    const types = lines.map((line) => JSON.parse(line).type);
    expect(types).toEqual(expect.arrayContaining(['user.created', 'user.linked']));
    expect(await product.command('events', 'verify')).toContain('In order and complete.');
  });

  it('dead-letters lists what was parked, replays it where its consumer runs, and drops it', async () => {
    expect(await product.command('dead-letters', 'list')).toBe('Nothing is parked.\n');
    const { GATEHOUSE_KAFKA_BROKERS: brokers = '', GATEHOUSE_KAFKA_PREFIX: prefix = '' } = product.env;
    const logger = createLogger({ level: 'silent' });
    const log = kafkaEventLog({ brokers: brokers.split(','), clientId: 'test', prefix, logger });
    const consumer = 'gatehouse-user-directory-connectors';
    const key = createIds().id('connector');
    const writer = await log.openWriter('test');
    try {
      await writer.append([{ topic: connectorStateTopic, key, value: '{"nonsense":true}', headers: {} }]);
      await expect
        .poll(() => product.command('dead-letters', 'list', '--consumer', consumer), { timeout: 20_000 })
        .toContain(key);
      await expect(product.command('dead-letters', 'replay', consumer, key)).rejects.toThrow(/still parked/);
      expect(await product.command('dead-letters', 'drop', consumer, key)).toMatch(/^1 records/);
      await expect(product.command('dead-letters', 'replay', consumer, key)).rejects.toThrow(/has nothing parked/);
      await expect(product.command('events', 'verify')).rejects.toThrow(/unreadable: gatehouse\.connector\.state/);
    } finally {
      await writer.close();
      await log.close();
    }
    expect((await product.administer('GET', '/api/connectors')).status).toBe(200);
  }, 90_000);
});
