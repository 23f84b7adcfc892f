import { existsSync, readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { type AuthGateway, createAuthGateway, type DataDirectory, openDataDirectory } from '@gatehouse/auth-gateway';
import { createConnectorRegistry } from '@gatehouse/connector-registry';
import { createIds, internalToken, systemClock } from '@gatehouse/contracts';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { createKeyRing, loadOrCreateKeyFile } from '@gatehouse/keyring';
import { sqliteLoginState } from '@gatehouse/login-state/sqlite';
import {
  createClosing,
  createHost,
  createMetrics,
  type Logger,
  type ServiceClient,
  type Settings,
  StartError,
  type Tracing,
} from '@gatehouse/service-kit';
import { connectorStateConsumer, createUserDirectory } from '@gatehouse/user-directory';
import { loginStateFile, masterKeyFile } from './data-files.ts';

export interface StandaloneOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** The built console; without it `/console/` answers 404. */
  readonly consoleDir?: string;
  /** Left out, nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** The three services in this process, over SQLite, started. */
export interface Standalone {
  readonly data: DataDirectory;
  /** The services behind the gateway, and a token of the system's to call them with. */
  readonly services: { readonly registry: ServiceClient; readonly directory: ServiceClient; token(): Promise<string> };
  /** While there is no administrator and no admin key: a link that makes the first one. */
  setUpLink(): Promise<string | undefined>;
  /** When the gateway's view has everything that was said until now. @throws EventLogError `timeout` */
  caughtUp(timeoutMs: number): Promise<void>;
  /** Answers what is under way, sends what waits, closes the files. */
  close(): Promise<void>;
}

/** One gateway per data directory, so its name never changes. */
const instance = 'standalone';
const maintainEveryMs = 3_600_000;
const gatewayStoreFile = 'auth-gateway.db';

export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The key file, made when the directory is new. Where there are data without it, a new one would open nothing. */
const masterKeysOf = async (data: DataDirectory): ReturnType<typeof loadOrCreateKeyFile> => {
  const path = data.file(masterKeyFile);
  if (!existsSync(path) && existsSync(data.file(gatewayStoreFile))) {
    throw new StartError(
      `${path} is missing: put it back from a backup, or set GATEHOUSE_MASTER_KEYS to the keys that were in it`,
    );
  }
  return await loadOrCreateKeyFile(path);
};

/**
 * Opens the data directory, puts the three services over its files and starts them.
 * @throws StartError for a directory that cannot be used; errors of listening as they come (`EADDRINUSE` …)
 */
export const openStandalone = async (options: StandaloneOptions): Promise<Standalone> => {
  const { settings, logger, consoleDir, tracing } = options;
  const clock = systemClock;
  const ids = createIds(clock);
  const closing = createClosing(logger);
  try {
    const data = openDataDirectory(settings.dataDir);
    closing.add('data directory', () => data.release());
    const keyRing = createKeyRing(settings.masterKeys ?? (await masterKeysOf(data)));
    const metrics = createMetrics({ process: true });

    const sqliteLog = sqliteEventLog({ path: data.file('event-log.db'), clock, ids, logger });
    closing.add('event log', () => sqliteLog.close());
    const log = tracing?.eventLog(sqliteLog, 'sqlite') ?? sqliteLog;
    const store = (service: string) => {
      const opened = sqliteStoreHost({ path: data.file(`${service}.db`), clock, outboxName: service });
      closing.add(`${service} store`, () => opened.close());
      return tracing?.stores(opened) ?? opened;
    };
    const loginState = sqliteLoginState({ path: data.file(loginStateFile), clock });
    closing.add('login state', () => loginState.close());

    const host = createHost({
      logger,
      clock,
      ids,
      metrics,
      log,
      deadLetters: sqliteLog.deadLetters,
      owner: instance,
      tracing,
      ...(settings.trustProxy === undefined ? {} : { trustProxy: settings.trustProxy }),
    });

    // The services behind the gateway verify its tokens, and it calls them: one of the two has to come first.
    let gateway: AuthGateway | undefined;
    const verifyInternalToken = async (token: string): Promise<unknown> => await gateway?.verifyInternalToken(token);

    const { client: registry } = await host.add(
      createConnectorRegistry({
        stores: store('connector-registry'),
        clock,
        ids,
        baseUrl: settings.baseUrl,
        verifyInternalToken,
      }),
    );
    const { client: directory } = await host.add(
      createUserDirectory({
        stores: store('user-directory'),
        clock,
        ids,
        verifyInternalToken,
        connectorFeed: { caughtUp: (timeoutMs) => host.caughtUp(connectorStateConsumer, timeoutMs) },
      }),
    );
    const module = createAuthGateway({
      settings: {
        baseUrl: settings.baseUrl,
        appName: settings.appName,
        version,
        allowedReturnOrigins: settings.allowedReturnOrigins ?? [],
        tokenAudiences: settings.tokenAudiences ?? [],
        rateLimit: settings.rateLimit === 'on',
        adminKey: settings.adminKey,
        auditDays: settings.auditDays,
        maxStalenessMs: settings.maxStalenessMs,
        consoleDir,
      },
      loginState,
      storeHost: store('auth-gateway'),
      log,
      projectionPath: data.file('auth-gateway-projection.db'),
      instance,
      caughtUp: host.caughtUp,
      registry,
      directory,
      keyRing,
      clock,
      ids,
      logger,
      metrics,
    });
    gateway = module;
    // Last in, so first to be closed: the stores stay open until nothing uses them.
    closing.add('host', () => host.close());
    const listenOn = (port: number) => ({ host: settings.host, port });
    await host.add(module, { listen: listenOn(settings.port), internal: listenOn(settings.internalPort) });
    await host.start();

    const maintenance = setInterval(() => {
      log.maintain().catch((error: unknown) => logger.warn({ err: error }, 'event log could not be maintained'));
    }, maintainEveryMs).unref();
    closing.add('maintenance', () => clearInterval(maintenance));

    return {
      data,
      services: {
        registry,
        directory,
        async token() {
          const { typ, audience, lifeSeconds } = internalToken;
          const claims = { typ, audience, lifeSeconds, issuer: settings.baseUrl, subject: 'system/demo' };
          return (await module.signingKeys.sign({ rights: ['admin'] }, claims)).token;
        },
      },
      setUpLink: () => module.setupLink(),
      async caughtUp(timeoutMs) {
        for (const { name } of module.consumers) await host.caughtUp(name, timeoutMs);
      },
      close: closing.run,
    };
  } catch (error) {
    await closing.run();
    throw error;
  }
};
