import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import fastifyFormbody from '@fastify/formbody';
import type { Clock, Ids } from '@gatehouse/contracts';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { derivedSecret, type SigningIdentity } from './keys/key-store.ts';
import { createMisbehaviour } from './misbehaviour.ts';
import { sendPage } from './pages/page.ts';
import { refusalPage } from './pages/refusal.ts';
import { registerPracticeRoutes } from './practice-routes.ts';
import { addressesAt } from './saml/metadata.ts';
import { registerSamlRoutes } from './saml/routes.ts';
import { createServiceProviders } from './saml/service-providers.ts';
import { createSignInSession } from './sign-in-session.ts';

export interface PracticeIdpDeps {
  readonly identity: SigningIdentity;
  /** Public address without a slash at its end; absent, it is made from the address that is listened on. */
  readonly baseUrl?: string;
  /** Origins beside loopback ones that answers may be sent to. */
  readonly allowedOrigins?: readonly string[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger?: FastifyServerOptions['logger'];
}

/** Octets of a form; a request of 64 KiB in base64 fits. */
const largestForm = 131_072;

const assets = {
  'style.css': 'text/css; charset=utf-8',
  'answer.js': 'text/javascript; charset=utf-8',
  'copy.js': 'text/javascript; charset=utf-8',
} as const;

/** The practice identity provider, built and not yet listening. */
export function createPracticeIdp(deps: PracticeIdpDeps): FastifyInstance {
  const { identity, clock, ids, allowedOrigins = [] } = deps;
  const app = fastify({
    logger: deps.logger ?? false,
    bodyLimit: largestForm,
    requestTimeout: 30_000,
    // Browsers open connections in advance, and nothing here is worth waiting for.
    forceCloseConnections: true,
  });
  const baseUrl = () => deps.baseUrl ?? listeningUrl(app);
  const addresses = () => addressesAt(baseUrl());
  const session = createSignInSession({ clock, isSecure: () => baseUrl().startsWith('https:') });
  const misbehaviour = createMisbehaviour();
  const serviceProviders = createServiceProviders(allowedOrigins);

  app.register(fastifyCookie, { secret: derivedSecret(identity.key, 'session cookie').toString('base64') });
  app.register(fastifyFormbody);
  registerAssets(app);
  registerPracticeRoutes(app, { baseUrl, addresses, certificate: identity.certificate, session, misbehaviour });
  registerSamlRoutes(app, { addresses, ...identity, serviceProviders, session, misbehaviour, clock, ids });
  registerRefusals(app);
  return app;
}

function registerAssets(app: FastifyInstance): void {
  for (const [name, type] of Object.entries(assets)) {
    const text = readFileSync(new URL(`./pages/assets/${name}`, import.meta.url), 'utf8');
    app.get(`/assets/${name}`, (_request, reply) =>
      reply.headers({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }).type(type).send(text),
    );
  }
}

function registerRefusals(app: FastifyInstance): void {
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404);
    return sendPage(reply, refusalPage({ code: 'not_found', message: 'There is no such page' }));
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = describe(error);
    if (status >= 500) request.log.error({ err: error }, 'request failed');
    reply.code(status);
    const wantsPage = request.headers.accept?.includes('text/html') ?? false;
    if (wantsPage || request.url.startsWith('/saml/')) return sendPage(reply, refusalPage({ code, message }));
    return reply.send({ code, message });
  });
}

/** What to say of an error; of the unexpected ones nothing leaves the process. */
function describe(error: unknown): { readonly status: number; readonly code: string; readonly message: string } {
  const internal = { status: 500, code: 'internal_error', message: 'Something went wrong here' };
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return internal;
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  if (status !== undefined && status < 500) return { status, code: error.code, message: error.message };
  const isRequestFault = error.name === 'AuthnRequestError';
  return isRequestFault ? { status: 400, code: error.code, message: error.message } : internal;
}

function listeningUrl(app: FastifyInstance): string {
  const { address, port } = app.server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
