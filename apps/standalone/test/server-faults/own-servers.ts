import {
  type OwnKafka,
  type OwnMongo,
  type OwnRedis,
  type RunningDistributed,
  type RunningService,
  type ServiceName,
  startDistributed,
  startOwnKafka,
  startOwnMongo,
  startOwnRedis,
} from '@gatehouse/test-servers';
import { patient } from './patience.ts';

export interface OwnServers {
  readonly kafka: OwnKafka;
  readonly mongo: OwnMongo;
  readonly redis: OwnRedis;
}

type Copies = Partial<Readonly<Record<ServiceName, number>>>;

/** Lends `work` the distributed product on servers that nobody else uses, and ends all of it afterwards. */
export const withOwnServers = async <Result>(
  copies: Copies,
  work: (product: RunningDistributed, servers: OwnServers) => Promise<Result>,
): Promise<Result> => {
  const started = await Promise.allSettled([startOwnKafka(), startOwnMongo(), startOwnRedis()]);
  const [kafka, mongo, redis] = started;
  try {
    for (const server of started) if (server.status === 'rejected') throw server.reason;
    if (kafka.status === 'rejected' || mongo.status === 'rejected' || redis.status === 'rejected') throw kafka;
    const servers = { kafka: kafka.value, mongo: mongo.value, redis: redis.value };
    const addresses = {
      brokers: servers.kafka.brokers,
      mongodbUri: servers.mongo.uri,
      redisUrl: servers.redis.url,
    };
    const product = patient(await startDistributed({ servers: addresses, copies }));
    try {
      return await work(product, servers);
    } finally {
      for (const { process } of product.services) signal(process.pid, 'SIGCONT');
      await product.stop();
    }
  } finally {
    await Promise.all(started.map((server) => (server.status === 'fulfilled' ? server.value.stop() : undefined)));
  }
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It is gone, and with it what there was to signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Stops the clock of a service (SIGSTOP): its connections stay open and nothing answers. */
export const pauseService = ({ process: { pid } }: RunningService): void => signal(pid, 'SIGSTOP');
export const resumeService = ({ process: { pid } }: RunningService): void => signal(pid, 'SIGCONT');

/** The service of that name. @throws when there is none */
export const copyOf = ({ services }: RunningDistributed, service: ServiceName, index: number): RunningService => {
  const found = services.filter((one) => one.service === service)[index];
  if (found === undefined) throw new Error(`there is no ${service} ${index}`);
  return found;
};
