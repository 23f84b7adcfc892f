import { randomUUID } from 'node:crypto';
import { sqliteStoreHost } from '@gatehouse/aggregate-store/sqlite';
import { createAuthGateway, createInternalTokens, createSigningKeyStore } from '@gatehouse/auth-gateway';
import { createConnectorRegistry } from '@gatehouse/connector-registry';
import { createIds, internalToken, systemClock } from '@gatehouse/contracts';
import { sqliteEventLog } from '@gatehouse/event-log/sqlite';
import { createKeyRing, createSigningKeys, createTokenVerifier, loadOrCreateKeyFile } from '@gatehouse/keyring';
import { sqliteLoginState } from '@gatehouse/login-state/sqlite';
import { createHost, createMetrics, type Logger, type ServiceClient, type Settings } from '@gatehouse/service-kit';
import { createUserDirectory } from '@gatehouse/user-directory';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';

export interface StandaloneOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** The built console; without it `/console/` answers 404. */
  readonly consoleDir?: string;
}

/** The three services in this process, over SQLite, started. */
export interface Standalone {
  readonly data: DataDirectory;
  /** The services behind the gateway, and a token of the system's to call them with. */
  readonly services: { readonly registry: ServiceClient; readonly directory: ServiceClient; token(): Promise<string> };
  /** While there is no administrator: a link that makes the first one. */
  setUpLink(): Promise<string | undefined>;
  /** When the gateway's view has everything that was said until now. @throws EventLogError `timeout` */
  caughtUp(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
