/**
 * What integration tests need from the machine they run on: a real Chromium, real Kafka, MongoDB and Redis, a free port,
 * a process of our own that is waited for and stopped. It serves no routes and publishes no events. It must never be
 * imported by what runs in production, must leave no process behind, and must never let a missing browser or server pass
 * for a passed test in CI.
 */
export { type Administer, type AdministrationAnswer, administerAt, testAdminKey } from './administration.ts';
export {
  type Browser,
  type BrowserContext,
  BrowserMissingError,
  type BrowserOptions,
  findBrowser,
  type InstalledBrowser,
  launchBrowser,
  mustSkipBrowserTests,
  type Page,
} from './browser.ts';
export {
  type DistributedOptions,
  type RunningDistributed,
  type RunningService,
  type ServiceName,
  startDistributed,
} from './distributed.ts';
export { freePort } from './free-port.ts';
export { type PostedAnswer, postAnswer, type StartedLogin, startLogin } from './http-login.ts';
export {
  type ExitStatus,
  inheritedEnvironment,
  ProcessError,
  type ProcessErrorCode,
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from './process.ts';
export { type KafkaOptions, type OwnKafka, startOwnKafka } from './servers/kafka.ts';
export { type MongoOptions, type OwnMongo, startOwnMongo } from './servers/mongo.ts';
export {
  type OwnRedis,
  type RedisOptions,
  type SentinelOptions,
  startOwnRedis,
  startSentinel,
} from './servers/redis.ts';
export {
  type ServerControl,
  ServerError,
  type ServerErrorCode,
  type ServerKind,
  type ServerWay,
} from './servers/server.ts';
export {
  mustSkipServerTests,
  type SharedKafka,
  type SharedMongo,
  type SharedRedis,
  type SharedServer,
  startKafka,
  startMongo,
  startRedis,
} from './servers/shared-servers.ts';
export { type RunningStandalone, type StandaloneOptions, startStandalone } from './standalone.ts';
