import { afterEach, describe, expect, it } from 'vitest';
import { mustSkipServerTests, type OwnKafka, type OwnMongo, startOwnKafka, startOwnMongo } from '../../src/index.ts';
import { exchange } from '../../src/servers/exchange.ts';
import { conversation, isAlive } from './talk.ts';

let server: OwnKafka | OwnMongo | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A request of the Kafka protocol: api key, version, correlation id, no client id, and its body. */
function kafkaRequest(apiKey: number, version: number, body: readonly number[]): Buffer {
  const head = [0, apiKey, 0, version, 0, 0, 0, 1, 0xff, 0xff];
  return Buffer.from([0, 0, 0, head.length + body.length, ...head, ...body]);
}

/** Metadata, version 2, for no topic. */
const metadata = kafkaRequest(3, 2, [0, 0, 0, 0]);

/** The cluster's id in the answer to that: behind the one broker's number, host, port and rack. */
function clusterIdIn(answer: Buffer | undefined): string | undefined {
  if (answer === undefined || answer.readInt32BE(8) !== 1) return undefined;
  const behindHost = 18 + answer.readInt16BE(16);
  const at = behindHost + 6;
  return answer.toString('latin1', at + 2, at + 2 + answer.readInt16BE(at));
}

describe.skipIf(await mustSkipServerTests('kafka', 'own'))('a Kafka of one’s own', () => {
  it('is the same cluster after kill and restart', async () => {
    const kafka = await startOwnKafka();
    server = kafka;
    const before = clusterIdIn(await exchange({ port: kafka.port, request: metadata }));
    expect(before).toHaveLength(22);
    await kafka.kill();
    expect(await exchange({ port: kafka.port, request: metadata })).toBeUndefined();
    await kafka.restart();
    expect(clusterIdIn(await exchange({ port: kafka.port, request: metadata }))).toBe(before);
  }, 120_000);

  it('has listeners with TLS and with SASL beside the open one', async () => {
    const kafka = await startOwnKafka({ tls: true, sasl: { username: 'alice', password: 'secret' } });
    server = kafka;
    const [tlsPort = 0, saslPort = 0] = [kafka.tlsBrokers, kafka.saslBrokers].map((broker) =>
      Number(broker?.split(':')[1]),
    );
    const tlsAlert = 21;
    expect((await exchange({ port: tlsPort, request: metadata }))?.[0]).toBe(tlsAlert);
    expect(clusterIdIn(await exchange({ port: tlsPort, request: metadata, tls: true }))).toHaveLength(22);
    expect(await exchange({ port: saslPort, request: metadata })).toBeUndefined();

    const handshake = kafkaRequest(17, 1, [0, 5, ...Buffer.from('PLAIN')]);
    const authenticate = (password: string): Buffer => {
      const token = Buffer.from(`\0alice\0${password}`);
      return kafkaRequest(36, 0, [0, 0, 0, token.length, ...token]);
    };
    const errorCode = (answer: Buffer | undefined): number | undefined => answer?.readInt16BE(8);
    const right = await conversation(saslPort, [handshake, authenticate('secret'), metadata]);
    expect(right.slice(0, 2).map(errorCode)).toEqual([0, 0]);
    expect(clusterIdIn(right[2])).toHaveLength(22);
    const wrong = await conversation(saslPort, [handshake, authenticate('guess')]);
    expect(errorCode(wrong[1])).toBe(58);
  }, 120_000);
});

describe.skipIf(await mustSkipServerTests('mongo', 'own'))('a MongoDB of one’s own', () => {
  it('comes back on its port after kill, and is gone after stop', async () => {
    const mongo = await startOwnMongo();
    server = mongo;
    expect(mongo.uri).toBe(`mongodb://127.0.0.1:${mongo.port}`);
    await mongo.kill();
    await mongo.restart();
    const { pid } = mongo;
    await mongo.stop();
    expect(mongo.pid).toBeUndefined();
    if (mongo.way === 'native') expect(isAlive(Number(pid))).toBe(false);
  }, 120_000);
});
