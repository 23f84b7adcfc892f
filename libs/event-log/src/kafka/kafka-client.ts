import net from 'node:net';
import tls from 'node:tls';
import { type ISocketFactory, Kafka, type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { within } from './kafka-errors.ts';
import { type KafkaConnectionOptions, type KafkaTiming, kafkaClientConfig, usualTiming } from './kafka-options.ts';
import { repairRequestQueue } from './kafkajs-repairs.ts';

/** A kafkajs client with connections of its own, which can be cut whatever kafkajs is doing. */
export interface KafkaClient {
  readonly kafka: Kafka;
  readonly timing: KafkaTiming;
  /** Asks for a graceful end, and cuts the connections when it does not come in time. Never rejects. */
  end(disconnect: () => Promise<void>): Promise<void>;
}

const keepAliveMs = 30_000;
const endMs = 3_000;

/**
 * What kafkajs calls an error is mostly what it repeats by itself (a coordinator that loads, a rebalance): its lines are
 * for debugging. What fails in the end is said by whoever called.
 */
const toOurLog =
  (logger: Logger) =>
  ({
    namespace,
    label,
    log: { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields },
  }: LogEntry): void =>
    logger.debug({ ...fields, namespace, label, detail: message }, 'kafkajs says');

/** One client per writer and consumer: their connections must not wait for each other. */
export const createKafkaClient = (
  options: KafkaConnectionOptions,
  logger: Logger,
  onEntry: (entry: LogEntry) => void = () => undefined,
): KafkaClient => {
  repairRequestQueue();
  const say = toOurLog(logger);
  const sockets = new Set<net.Socket>();
  const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const servername = net.isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl
      ? tls.connect({ host, port, ...servername, ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const kafka = new Kafka({
    ...kafkaClientConfig(options),
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      onEntry(entry);
      say(entry);
    },
  });
  return {
    kafka,
    timing: { ...usualTiming, ...options.timing },
    async end(disconnect) {
      await within(endMs, 'disconnecting', disconnect()).catch(() => undefined);
      for (const socket of sockets) socket.destroy(new Error('the client was ended'));
    },
  };
};
