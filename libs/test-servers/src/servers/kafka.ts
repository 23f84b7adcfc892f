import { randomBytes } from 'node:crypto';
import { type Certificate, makeCertificate } from './certificate.ts';
import { exchange } from './exchange.ts';
import { javaClassPath } from './maven.ts';
import { startOwnServer } from './own-server.ts';
import { images, type Launch, type Place, type ServerControl, type ServerPlan } from './server.ts';
import { serverPort } from './server-port.ts';

export interface KafkaOptions {
  /** For clients without TLS or SASL; a free one unless given. */
  readonly port?: number;
  /** Broker settings over ours (server.properties). */
  readonly config?: Readonly<Record<string, string>>;
  /** A second listener with TLS, `tlsBrokers`. */
  readonly tls?: boolean;
  /** A further listener, `saslBrokers`, for this user: SCRAM-SHA-256, SCRAM-SHA-512, PLAIN, and OAUTHBEARER with unsigned tokens. */
  readonly sasl?: { readonly username: string; readonly password: string };
}

export interface OwnKafka extends ServerControl {
  /** `host:port` of the one broker, in plain text and open to everybody. */
  readonly brokers: string;
  readonly port: number;
  /** With `tls`. */
  readonly tlsBrokers: string | undefined;
  /** With `sasl`. */
  readonly saslBrokers: string | undefined;
  /** With `tls`: the PEM to trust. */
  readonly ca: string | undefined;
}

interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly tls: number | undefined;
  readonly sasl: number | undefined;
}

/**
 * One Apache Kafka broker of the caller's own (KRaft, controller included), empty, without automatic topics. Its clocks
 * are fast: group rebalances start at once, retention and compaction look every second.
 *
 * @throws ServerError `server_unavailable`, `server_not_started`
 */
export async function startOwnKafka(options: KafkaOptions = {}): Promise<OwnKafka> {
  const certificate = options.tls === true ? await makeCertificate() : undefined;
  let ports: Ports | undefined;
  const control = await startOwnServer('kafka', options.port !== undefined, async () => {
    ports = {
      plain: options.port ?? (await serverPort()),
      controller: await serverPort(),
      tls: options.tls === true ? await serverPort() : undefined,
      sasl: options.sasl === undefined ? undefined : await serverPort(),
    };
    return kafkaPlan(options, ports, certificate);
  });
  const { plain, tls, sasl } = ports as Ports;
  const address = (port: number | undefined) => (port === undefined ? undefined : `127.0.0.1:${port}`);
  return Object.assign(control, {
    brokers: `127.0.0.1:${plain}`,
    port: plain,
    tlsBrokers: address(tls),
    saslBrokers: address(sasl),
    ca: certificate?.certificate,
  });
}

function kafkaPlan(options: KafkaOptions, ports: Ports, certificate: Certificate | undefined): ServerPlan {
  const { plain, tls, sasl } = ports;
  const launch = (place: Place, classPath: string): Launch => {
    const settings = `${place.folder}/server.properties`;
    const java = [
      ...['java', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath],
      `-Dlog4j2.configurationFile=${place.folder}/log4j2.properties`,
    ];
    const user = options.sasl;
    const credentials = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
      user === undefined ? [] : ['--add-scram', `${mechanism}=[name=${user.username},password=${user.password}]`],
    );
    return {
      files: {
        'server.properties': properties({ ...brokerSettings(place, ports, options), ...options.config }),
        'log4j2.properties': properties(logSettings),
        ...(certificate === undefined ? {} : { 'broker.pem': `${certificate.key}${certificate.certificate}` }),
      },
      prepare: [...[...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', settings], ...credentials],
      command: [...java, 'kafka.Kafka', settings],
    };
  };
  return {
    label: 'Kafka',
    image: images.kafka,
    ports: [plain, ...[tls, sasl].filter((port) => port !== undefined)],
    native: async (place) => launch(place, await javaClassPath({ name: 'kafka' })),
    container: (place) => launch(place, '/opt/kafka/libs/*'),
    isReady: () => knowsItsBroker(plain),
  };
}

function brokerSettings(place: Place, ports: Ports, options: KafkaOptions): Record<string, string> {
  const listeners: [name: string, port: number | undefined, protocol: string][] = [
    ['PLAINTEXT', ports.plain, 'PLAINTEXT'],
    ['CONTROLLER', ports.controller, 'PLAINTEXT'],
    ['TLS', ports.tls, 'SSL'],
    ['SASL', ports.sasl, 'SASL_PLAINTEXT'],
  ];
  const open = listeners.filter(([, port]) => port !== undefined);
  const outside = open.filter(([name]) => name !== 'CONTROLLER');
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: open
      .map(([name, port]) => `${name}://${name === 'CONTROLLER' ? '127.0.0.1' : place.bind}:${port}`)
      .join(','),
    'advertised.listeners': outside.map(([name, port]) => `${name}://127.0.0.1:${port}`).join(','),
    'listener.security.protocol.map': open.map(([name, , protocol]) => `${name}:${protocol}`).join(','),
    'log.dirs': `${place.folder}/data`,
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '500',
    'log.initial.task.delay.ms': '500',
    'log.retention.check.interval.ms': '1000',
    'log.cleaner.backoff.ms': '1000',
    // A broker that was killed is let in again only when its former session is over.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '2',
    ...(ports.tls === undefined
      ? {}
      : { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': `${place.folder}/broker.pem` }),
    ...(options.sasl === undefined ? {} : saslSettings(options.sasl)),
  };
}

function saslSettings({ username, password }: NonNullable<KafkaOptions['sasl']>): Record<string, string> {
  const listener = 'listener.name.sasl';
  const common = 'org.apache.kafka.common.security';
  return {
    [`${listener}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER',
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${common}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${common}.scram.ScramLoginModule required;`,
    [`${listener}.plain.sasl.jaas.config`]: `${common}.plain.PlainLoginModule required user_${username}="${password}";`,
    [`${listener}.oauthbearer.sasl.jaas.config`]: `${common}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  };
}

const logSettings = {
  'rootLogger.level': 'WARN',
  'rootLogger.appenderRefs': 'out',
  'rootLogger.appenderRef.out.ref': 'out',
  'appender.out.type': 'Console',
  'appender.out.name': 'out',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '%d %p %c %m%n',
};

const properties = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Every broker is a cluster of its own, so that a client never takes one for another. */
const clusterId = (): string => randomBytes(16).toString('base64url').replace(/^-/, 'A');

/** A Metadata request, version 1, for no topic: header (api key 3, version, correlation id 1, no client id), empty array. */
const metadataRequest = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);

/** A broker listens before it has registered: it serves once it names itself among the cluster's brokers. */
async function knowsItsBroker(port: number): Promise<boolean> {
  const answer = await exchange({ port, request: metadataRequest });
  return answer !== undefined && answer.length >= 12 && answer.readInt32BE(8) > 0;
}
