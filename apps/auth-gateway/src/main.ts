/** The gateway in a process of its own, over Kafka, MongoDB and Redis, with its view of connectors and users on disk. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mongoStoreHost, mongoUriFault } from '@gatehouse/aggregate-store/mongo';
import { kafkaEventLog, kafkaSasl } from '@gatehouse/event-log/kafka';
import { createKeyRing } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';
import { redisLoginState } from '@gatehouse/login-state/redis';
import {
  createHost,
  createKafkaMetrics,
  gatewayServiceSettings,
  httpClient,
  kafkaConnection,
  redisConnection,
  runService,
  type ServiceClient,
  StartError,
  serverPatience,
} from '@gatehouse/service-kit';
import { announceSetUpLink } from './administration/announce-set-up-link.ts';
import { openDataDirectory } from './data-directory.ts';
import { createAuthGateway } from './gateway.ts';

const name = 'auth-gateway';
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url));

/** Redis is not asked for anything here; only its address may be wrong. */
const openLoginState = (options: Parameters<typeof redisLoginState>[0]): LoginState => {
  try {
    return redisLoginState(options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StartError(`GATEHOUSE_REDIS_URL: ${error.message}`, { cause: error });
  }
};

await runService({
  name,
  version,
  table: gatewayServiceSettings,
  async open({ settings, instance, logger, clock, ids, metrics, tracing, closing }) {
    const data = openDataDirectory(settings.dataDir);
    closing.add('data directory', () => data.release());
    const kafka = kafkaConnection(settings);
    const kafkaLog = kafkaEventLog({
      ...kafka,
      clientId: `${name}-${instance}`,
      sasl: kafkaSasl(kafka.signIn, clock),
      logger,
      metrics: createKafkaMetrics(metrics),
    });
    closing.add('event log', () => kafkaLog.close());
    const log = tracing?.eventLog(kafkaLog, 'kafka') ?? kafkaLog;
    const uriFault = mongoUriFault(settings.mongodbUri);
    if (uriFault !== undefined) throw new StartError(`GATEHOUSE_MONGODB_URI ${uriFault}`);
    const mongo = mongoStoreHost({ uri: settings.mongodbUri, name, clock });
    closing.add('store', () => mongo.close());
    const stores = tracing?.stores(mongo) ?? mongo;
    const redis = redisConnection(settings);
    const loginState = openLoginState({ ...redis, tls: { ca: redis.ca }, clock, logger });
    closing.add('login state', () => loginState.close());

    const host = createHost({
      logger,
      clock,
      ids,
      metrics,
      log,
      deadLetters: kafkaLog.deadLetters,
      // The facts of logins are sent also while MongoDB is away.
      leasesFor: (outbox) => (outbox === loginState.outbox ? loginState.leases : stores.leases),
      owner: instance,
      trustProxy: settings.trustProxy ?? [],
      patience: serverPatience,
      tracing,
    });
    closing.add('host', () => host.close());
    kafkaLog.deadLetters.onReplayRequested(async ({ consumer, key }) => await host.runner(consumer)?.replay(key));
    const client = (address: string, peer: string): ServiceClient => {
      const made = httpClient({ baseUrl: address });
      return tracing?.client(made, peer) ?? made;
    };
    const { baseUrl, appName, adminKey, auditDays, maxStalenessMs } = settings;
    const gateway = createAuthGateway({
      settings: {
        baseUrl,
        appName,
        version,
        allowedReturnOrigins: settings.allowedReturnOrigins ?? [],
        tokenAudiences: settings.tokenAudiences ?? [],
        rateLimit: settings.rateLimit === 'on',
        adminKey,
        auditDays,
        maxStalenessMs,
        consoleDir: existsSync(consoleDir) ? consoleDir : undefined,
      },
      loginState,
      storeHost: stores,
      log,
      projectionPath: data.file('projection.db'),
      signingKeysPath: data.file('signing-keys.json'),
      instance,
      caughtUp: host.caughtUp,
      registry: client(settings.registryUrl, 'connector-registry'),
      directory: client(settings.directoryUrl, 'user-directory'),
      keyRing: createKeyRing(settings.masterKeys),
      clock,
      ids,
      logger,
      metrics,
    });
    const listenOn = (port: number) => ({ host: settings.host, port });
    await host.add(gateway, { listen: listenOn(settings.port), internal: listenOn(settings.internalPort) });
    await host.start();
    const announcement = announceSetUpLink({ setUpLink: () => gateway.setupLink(), patience: serverPatience, logger });
    closing.add('set-up link', () => announcement.close());
  },
});
