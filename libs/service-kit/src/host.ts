import { type Clock, type Ids, topics } from '@gatehouse/contracts';
import {
  type ConsumerRunner,
  createConsumerRunner,
  createOutboxRelay,
  type DeadLetters,
  type EventLog,
  type Leases,
  type Outbox,
  type OutboxRelay,
} from '@gatehouse/event-log';
import type { FastifyInstance } from 'fastify';
import { injectClient } from './clients.ts';
import { createEventMetrics } from './event-metrics.ts';
import { type AppOptions, createApp } from './http/app.ts';
import { addHealthRoutes } from './http/health.ts';
import { codeOf, keepTrying, type Patience } from './keep-trying.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { ReadinessCheck, ServiceClient, ServiceModule } from './module.ts';
import { createOverload } from './overload.ts';
import type { Tracing } from './tracing.ts';

export interface Listen {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export interface HostDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Metrics;
  readonly log: EventLog;
  readonly deadLetters: DeadLetters;
  /** Where several processes may run the same relay: what keeps its lease. Left out in the embedded default, which is one process. */
  readonly leasesFor?: (outbox: Outbox) => Leases;
  /** Names this process in leases and logs. */
  readonly owner: string;
  readonly trustProxy?: readonly string[];
  /**
   * For processes whose log and stores are servers: these may be away when the process starts. It then listens at once, turns
   * requests away until a module has started, is not ready, and tries again. Left out, a failure ends the start.
   */
  readonly patience?: Patience;
  /** Left out, nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** Longest wait for requests under way, and then again for records under way, in milliseconds; 10,000 unless told. */
  readonly drainMs?: number;
}

export interface ServeOptions {
  /** The service's own port. Without it the service is reached by `client` alone. */
  readonly listen?: Listen;
  /** The internal port; `/metrics` is then there and only there. */
  readonly internal?: Listen;
  readonly app?: Pick<AppOptions, 'bodyLimit' | 'translate' | 'timeouts'>;
}

export interface HostedService {
  readonly app: FastifyInstance;
  readonly internalApp: FastifyInstance | undefined;
  /** Calls the service in this process. */
  readonly client: ServiceClient;
}

export interface Host {
  /** Takes a module in, before `start`. Its readiness becomes part of `/readyz` of its own addresses. */
  add(module: ServiceModule, options?: ServeOptions): Promise<HostedService>;
  /**
   * Topics, modules, relays, consumers, then the ports. A failure closes what was opened and is thrown. With `patience` the ports
   * come first, and the rest goes on behind them.
   */
  start(): Promise<void>;
  /** When the consumer of this name has handled everything that is on the log now. @throws EventLogError `timeout` */
  caughtUp(consumer: string, timeoutMs: number): Promise<void>;
  /** Reaches the runners for replays by an operator. */
  runner(consumer: string): ConsumerRunner | undefined;
  /**
   * Not ready at once; then requests under way are answered, consumers and modules stop, relays send what waits. Stores
   * and the log stay open: whoever opened them closes them after this.
   */
  close(): Promise<void>;
}

/** How soon a relay finds what another process has saved, in milliseconds. */
const sharedPollMs = 25;

interface Hosted {
  readonly module: ServiceModule;
  readonly apps: readonly { readonly app: FastifyInstance; readonly listen: Listen | undefined }[];
}

class HostNotReady extends Error {
  override readonly name = 'HostNotReady';
  readonly code: string;
  /** @param code `starting`, `stopping`, or that of the failure that it waits to pass */
  constructor(code: string, options?: ErrorOptions) {
    super(`The process is not ready: ${code}`, options);
    this.code = code;
  }
}

/** Runs services in one process: their ports, relays and consumers, from the first start to the last drained record. */
export const createHost = (deps: HostDeps): Host => {
  const {
    logger,
    clock,
    ids,
    metrics,
    log,
    deadLetters,
    leasesFor,
    owner,
    trustProxy,
    patience,
    tracing,
    drainMs = 10_000,
  } = deps;
  const overload = createOverload({ metrics });
  const eventMetrics = createEventMetrics(metrics);
  const consuming = (): Iterable<readonly [string, () => Promise<number>]> =>
    [...runners].map(([name, runner]) => [name, () => runner.lag()] as const);
  eventMetrics.watchLag(consuming);
  const hosted: Hosted[] = [];
  const started = new Set<ServiceModule>();
  const relays: OutboxRelay[] = [];
  const runners = new Map<string, ConsumerRunner>();
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let closing: Promise<void> | undefined;
  let isConnected = false;
  let notConnected: unknown;
  let behindThePorts: Promise<unknown> = Promise.resolve();
  const giveUp = new AbortController();

  const isStarted = (module: ServiceModule): boolean => patience === undefined || started.has(module);

  const processCheck = (module: ServiceModule): ReadinessCheck => ({
    name: 'process',
    async check() {
      if (state !== 'ready') throw new HostNotReady(state);
      if (!isStarted(module)) throw new HostNotReady('starting');
    },
  });

  const logCheck: ReadinessCheck = {
    name: 'event-log',
    async check() {
      if (!isConnected) throw new HostNotReady(notConnected === undefined ? 'starting' : codeOf(notConnected));
    },
  };

  const checksOf = (module: ServiceModule): readonly ReadinessCheck[] => [
    processCheck(module),
    ...(patience === undefined || module.standsWithoutLog === true ? [] : [logCheck]),
    ...module.readiness,
  ];

  const makeApp = (
    module: ServiceModule,
    name: string,
    { app }: ServeOptions,
    notFound?: NonNullable<ServiceModule['notFound']>,
  ): FastifyInstance => {
    const made = createApp({
      name,
      logger,
      ids,
      metrics,
      overload: { ...overload, isOverloaded: () => overload.isOverloaded() || !isStarted(module) },
      ...(trustProxy === undefined ? {} : { trustProxy }),
      ...(notFound === undefined ? {} : { notFound }),
      ...app,
    });
    tracing?.requests(made);
    return made;
  };

  const makeEvents = ({ outboxes, consumers }: ServiceModule): void => {
    for (const outbox of outboxes) {
      const shared = leasesFor === undefined ? {} : { leases: leasesFor(outbox), timing: { pollMs: sharedPollMs } };
      relays.push(createOutboxRelay({ outbox, log, owner, clock, logger, metrics: eventMetrics.relay, ...shared }));
    }
    for (const consumer of consumers) {
      eventMetrics.expect(consumer);
      const runner = { consumer, log, deadLetters, clock, logger, metrics: eventMetrics.consumer };
      runners.set(consumer.name, createConsumerRunner(runner));
    }
  };

  const listen = async (): Promise<void> => {
    for (const { app, listen } of hosted.flatMap(({ apps }) => apps)) {
      await app.ready();
      if (listen !== undefined) await app.listen({ host: listen.host, port: listen.port });
    }
    state = 'ready';
  };

  const startModule = async (module: ServiceModule): Promise<void> => {
    await module.start();
    started.add(module);
  };

  const startAtOnce = async (): Promise<void> => {
    await log.ensureTopics(topics);
    for (const { module } of hosted) await startModule(module);
    for (const { module } of hosted) makeEvents(module);
    for (const relay of relays) await relay.start();
    for (const runner of runners.values()) await runner.start();
    await listen();
  };

  const startPatiently = async (pauses: Patience): Promise<void> => {
    const tried = (what: string, work: () => Promise<void>, onError?: (error: unknown) => void): Promise<boolean> =>
      keepTrying(work, {
        patience: pauses,
        signal: giveUp.signal,
        onFailure(error, pauseMs) {
          onError?.(error);
          const reason = error instanceof Error ? error.message : String(error);
          logger.warn({ what, code: codeOf(error), reason, pauseMs }, 'not started, trying again');
        },
      });
    const connect = async (): Promise<void> => {
      const remember = (error: unknown): void => {
        notConnected = error;
      };
      if (!(await tried('event log', () => log.ensureTopics(topics), remember))) return;
      for (const { module } of hosted) makeEvents(module);
      for (const relay of relays) await relay.start();
      const joining = [...runners].map(([name, runner]) => tried(name, () => runner.start(), remember));
      if ((await Promise.all(joining)).includes(false)) return;
      isConnected = true;
      logger.info('event log connected');
    };
    await listen();
    const modules = hosted.map(({ module }) => tried(module.name, () => startModule(module)));
    behindThePorts = Promise.all([...modules, connect()]);
  };

  const closeApp = async (app: FastifyInstance): Promise<void> => {
    const limit = setTimeout(() => app.server.closeAllConnections(), drainMs);
    try {
      await app.close();
    } finally {
      clearTimeout(limit);
    }
  };

  /** Stops all, whatever fails; a failure on the way out is logged, because nobody could do anything about it. */
  const settle = async <Item>(
    what: string,
    items: Iterable<Item>,
    work: (item: Item) => Promise<void>,
  ): Promise<void> => {
    const results = await Promise.allSettled([...items].map(work));
    for (const result of results) {
      if (result.status === 'rejected') logger.warn({ err: result.reason, what }, 'stopping met an error');
    }
  };

  const closeRelay = async (relay: OutboxRelay): Promise<void> => {
    const isEmpty = await relay.drain(drainMs);
    if (!isEmpty) logger.warn({ drainMs }, 'records wait to be sent after the next start');
    await relay.close();
  };

  const stop = async (): Promise<void> => {
    state = 'stopping';
    giveUp.abort();
    const apps = hosted.flatMap((one) => one.apps);
    // First the ports: what is under way there may still call the services that are reached from inside only.
    const [ports, inside] = [
      apps.filter(({ listen }) => listen !== undefined),
      apps.filter(({ listen }) => listen === undefined),
    ];
    await settle('requests', ports, ({ app }) => closeApp(app));
    await settle('requests', inside, ({ app }) => closeApp(app));
    await settle('start', [behindThePorts], async (work) => void (await work));
    await settle('consumers', runners.values(), (runner) => runner.close());
    await settle('modules', hosted, ({ module }) => module.close());
    await settle('relays', relays, closeRelay);
    overload.close();
  };

  return {
    async add(module, options = {}) {
      const checks = checksOf(module);
      const { listen, internal } = options;
      const app = makeApp(module, module.name, options, module.notFound?.bind(module));
      addHealthRoutes(app, { checks, overload, ...(internal === undefined ? { metrics } : {}) });
      await app.register((scope) => module.routes(scope));
      const apps = [{ app, listen }];
      let internalApp: FastifyInstance | undefined;
      if (internal !== undefined) {
        const made = makeApp(module, `${module.name}-internal`, options);
        addHealthRoutes(made, { checks, overload, metrics });
        await made.register((scope) => module.internalRoutes?.(scope) ?? Promise.resolve());
        apps.push({ app: made, listen: internal });
        internalApp = made;
      }
      hosted.push({ module, apps });
      return { app, internalApp, client: injectClient(app) };
    },
    async start() {
      try {
        await (patience === undefined ? startAtOnce() : startPatiently(patience));
      } catch (error) {
        await this.close();
        throw error;
      }
    },
    async caughtUp(consumer, timeoutMs) {
      const runner = runners.get(consumer);
      if (runner === undefined) throw new HostNotReady('starting');
      await runner.caughtUp(timeoutMs);
    },
    runner: (consumer) => runners.get(consumer),
    close() {
      closing ??= stop();
      return closing;
    },
  };
};
