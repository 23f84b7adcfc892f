/** The connector registry in a process of its own, over Kafka and MongoDB. */
import { readFileSync } from 'node:fs';
import { mongoStoreHost, mongoUriFault } from '@gatehouse/aggregate-store/mongo';
import { kafkaEventLog, kafkaSasl } from '@gatehouse/event-log/kafka';
import {
  createHost,
  createKafkaMetrics,
  internalTokenVerifier,
  kafkaConnection,
  ownerSettings,
  runService,
  StartError,
  serverPatience,
} from '@gatehouse/service-kit';
import { createConnectorRegistry } from './connector-registry.ts';

const name = 'connector-registry';
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

await runService({
  name,
  version,
  table: ownerSettings,
  async open({ settings, instance, logger, clock, ids, metrics, tracing, closing }) {
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

    const host = createHost({
      logger,
      clock,
      ids,
      metrics,
      log,
      deadLetters: kafkaLog.deadLetters,
      leasesFor: () => stores.leases,
      owner: instance,
      trustProxy: settings.trustProxy ?? [],
      patience: serverPatience,
      tracing,
    });
    closing.add('host', () => host.close());
    const { baseUrl, jwksUrl } = settings;
    const verifyInternalToken = internalTokenVerifier({ baseUrl, jwksUrl, clock });
    await host.add(createConnectorRegistry({ stores, clock, ids, baseUrl: settings.baseUrl, verifyInternalToken }), {
      listen: { host: settings.host, port: settings.port },
    });
    await host.start();
  },
});
