import { describe, expect, it } from 'vitest';
import { kafkaClientConfig } from '../../src/kafka/kafka-options.ts';

const plain = { brokers: ['one:9092', 'two:9092'], clientId: 'gateway' };

describe('the settings for kafkajs', () => {
  it('name brokers and limits, and neither TLS nor SASL unless asked', () => {
    const config = kafkaClientConfig({ ...plain, timing: { connectMs: 1, requestMs: 2 } });
    expect(config).toMatchObject({
      brokers: ['one:9092', 'two:9092'],
      clientId: 'gateway',
      connectionTimeout: 1,
      requestTimeout: 2,
      enforceRequestTimeout: true,
    });
    expect(config).not.toHaveProperty('ssl');
    expect(config).not.toHaveProperty('sasl');
  });

  it('trust the system, or the authority given, under TLS', () => {
    expect(kafkaClientConfig({ ...plain, tls: {} }).ssl).toEqual({});
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', serverName: 'kafka.internal' };
    expect(kafkaClientConfig({ ...plain, tls }).ssl).toEqual({
      ca: ['CA'],
      cert: 'CERT',
      key: 'KEY',
      servername: 'kafka.internal',
    });
  });

  it('carry user and password for PLAIN and SCRAM', () => {
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      const sasl = { mechanism, username: 'u', password: 'p' };
      expect(kafkaClientConfig({ ...plain, sasl }).sasl).toEqual(sasl);
    }
  });

  it('ask the provider for a token at each handshake', async () => {
    let asked = 0;
    const token = async () => `token-${++asked}`;
    const { sasl } = kafkaClientConfig({ ...plain, sasl: { mechanism: 'oauthbearer', token } });
    const provider = sasl as unknown as { oauthBearerProvider(): Promise<{ value: string }> };
    expect(await provider.oauthBearerProvider()).toEqual({ value: 'token-1' });
    expect(await provider.oauthBearerProvider()).toEqual({ value: 'token-2' });
  });
});
