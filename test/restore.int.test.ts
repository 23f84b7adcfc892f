import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorStateTopic, userStateTopic } from '@gatehouse/contracts';
import { goldenSamples } from '@gatehouse/contracts/golden';
import {
  type Administer,
  mustSkipServerTests,
  type RunningDistributed,
  type RunningStandalone,
  startDistributed,
  startStandalone,
} from '@gatehouse/test-servers';
import kafkajs from 'kafkajs';
import { afterEach, describe, expect, it, vi } from 'vitest';

const sample = goldenSamples().find(({ name }) => name === 'v1/connector.state')?.value as {
  connector: { saml: { certificates: string[] } };
};

const addConnector = async (administer: Administer, reference: string): Promise<void> => {
  const { certificates } = sample.connector.saml;
  const saml = {
    issuerUrl: 'https://idp.example',
    endpoint: 'https://idp.example/sso',
    nameIdFormat: 'emailAddress',
    certificates,
  };
  const { status, body } = await administer('POST', '/api/connectors', {
    name: 'Restored',
    reference,
    type: 'SAML_V2',
    saml,
  });
  expect(status, JSON.stringify(body)).toBe(201);
};
const startLogin = async (baseUrl: string, reference: string): Promise<number> =>
  (await fetch(`${baseUrl}/api/sso/login/${reference}`, { redirect: 'manual' })).status;
const references = async (administer: Administer): Promise<readonly string[]> =>
  (await administer('GET', '/api/connectors')).body.items.map(({ reference }: { reference: string }) => reference);

describe('a copy of the embedded product’s directory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-restore-'));
  const dataDir = join(folder, 'data');
  const copy = join(folder, 'copy');
  let product: RunningStandalone | undefined;

  afterEach(async () => {
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('put in the place of the directory is the product as it was', async () => {
    product = await startStandalone({ dataDir });
    await addConnector(product.administer, 'before');
    await product.stop();
    cpSync(dataDir, copy, { recursive: true });

    product = await startStandalone({ dataDir });
    await addConnector(product.administer, 'after');
    await product.stop();
    rmSync(dataDir, { recursive: true });
    cpSync(copy, dataDir, { recursive: true });

    product = await startStandalone({ dataDir });
    expect(await references(product.administer)).toEqual(['before']);
    expect(await startLogin(product.baseUrl, 'before')).toBe(302);
    // What comes after has versions and positions that the lost time had too.
    await addConnector(product.administer, 'after');
    expect(await startLogin(product.baseUrl, 'after')).toBe(302);
  }, 60_000);
});

describe.skipIf(await mustSkipServerTests(['kafka', 'mongo', 'redis']))('topics that were lost', () => {
  let product: RunningDistributed | undefined;

  afterEach(async () => {
    await product?.stop();
  });

  const loseStateTopics = async ({ env }: RunningDistributed): Promise<void> => {
    const brokers = (env.GATEHOUSE_KAFKA_BROKERS ?? '').split(',');
    const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const lost = [connectorStateTopic, userStateTopic].map((topic) => `${env.GATEHOUSE_KAFKA_PREFIX}${topic}`);
    await admin.deleteTopics({ topics: lost });
    await vi.waitFor(
      async () => expect((await admin.listTopics()).filter((topic) => lost.includes(topic))).toEqual([]),
      {
        timeout: 10_000,
      },
    );
    await admin.disconnect();
  };

  it('are filled again from the stores, and every gateway knows everybody again', async () => {
    product = await startDistributed({ copies: { 'auth-gateway': 1 } });
    const { administer, command, baseUrl, services } = product;
    await addConnector(administer, 'kept');
    expect(await startLogin(baseUrl, 'kept')).toBe(302);
    await expect(command('republish')).rejects.toThrow(/is sending: stop its service/);

    for (const service of services) await service.process.stop();
    await loseStateTopics(product);
    await command('topics', 'apply');
    expect(await command('republish')).toBe('Published the state of 1 connectors and 0 users.\n');
    await Promise.all(services.map((service) => service.start()));

    await vi.waitFor(async () => expect(await startLogin(baseUrl, 'kept')).toBe(302), {
      timeout: 20_000,
      interval: 200,
    });
    await addConnector(administer, 'later');
    expect(await startLogin(baseUrl, 'later')).toBe(302);
  }, 180_000);
});
