import { type Clock, createIds, type Ids, systemClock } from '@gatehouse/contracts';
import type { FastifyServerOptions } from 'fastify';
import { createPracticeIdp } from './app.ts';
import { openKeyStore } from './keys/key-store.ts';
import { addressesAt, type IdpAddresses } from './saml/metadata.ts';
import type { PracticeIdpSettings } from './settings.ts';

/** A practice identity provider that listens. */
export interface RunningPracticeIdp {
  readonly url: string;
  readonly addresses: IdpAddresses;
  /** PEM. */
  readonly certificate: string;
  close(): Promise<void>;
}

export interface StartDeps {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly logger?: FastifyServerOptions['logger'];
}

/**
 * Opens the data directory and listens.
 *
 * @throws KeyStoreError when the data directory cannot be used; the error of `listen` (`EADDRINUSE` …) as it comes
 */
export async function startPracticeIdp(
  settings: PracticeIdpSettings,
  deps: StartDeps = {},
): Promise<RunningPracticeIdp> {
  const { clock = systemClock, ids = createIds(), logger = false } = deps;
  const identity = await openKeyStore(settings.dataDir, { clock, ids });
  const { baseUrl, allowedOrigins } = settings;
  const app = createPracticeIdp({
    identity,
    allowedOrigins,
    clock,
    ids,
    logger,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  });
  const listening = await app.listen({ host: settings.host, port: settings.port });
  const url = baseUrl ?? listening;
  return { url, addresses: addressesAt(url), certificate: identity.certificate, close: () => app.close() };
}
