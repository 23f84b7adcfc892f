import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { ProblemCode } from '@gatehouse/contracts';
import Fastify, { type FastifyInstance } from 'fastify';
import { accessRoutes } from './access-routes.ts';
import { Refusal } from './answers.ts';
import { connectorRoutes } from './connector-routes.ts';
import type { PracticeState } from './state.ts';
import { userRoutes } from './user-routes.ts';

/** Ways in which tests make the backend fail: by method and path, without the query. */
export interface Faults {
  readonly refused: Map<string, ProblemCode>;
  /** Answers that wait until the promise is kept. */
  readonly held: Map<string, Promise<void>>;
}

export interface PracticeBackend {
  readonly origin: string;
  readonly faults: Faults;
  close(): Promise<void>;
}

const open = ['/api/administrators/setup', '/api/administrators/sign-in', '/api/administrators/me'];
const mediaTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The strictest policy that the console must live with; the nonce is fresh for every page. */
const policyWith = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'none'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * Serves the built console as the product does, with an in-memory backend whose answers are checked against the
 * contract. It knows one administrator's session at a time.
 * @param dist folder of the built console
 */
export const startPracticeBackend = async (dist: string, state: PracticeState): Promise<PracticeBackend> => {
  const app = Fastify({ forceCloseConnections: true });
  const faults: Faults = { refused: new Map(), held: new Map() };
  acceptMediaTypes(app);

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Refusal) return error.send(reply);
    process.stderr.write(`${String(error)}\n`);
    return new Refusal('internal_error').send(reply);
  });
  app.addHook('preHandler', async (request) => {
    const path = new URL(request.url, 'http://practice').pathname;
    if (!path.startsWith('/api/')) return;
    const rule = `${request.method} ${path}`;
    await faults.held.get(rule);
    const refused = faults.refused.get(rule);
    if (refused !== undefined) throw new Refusal(refused);
    if (open.includes(path)) return;
    if (state.csrfToken === undefined) throw new Refusal('unauthenticated');
    if (request.method !== 'GET' && request.headers['x-csrf-token'] !== state.csrfToken)
      throw new Refusal('csrf_token_invalid');
  });
  connectorRoutes(app, state);
  userRoutes(app, state);
  accessRoutes(app, state);
  app.all('/api/*', async () => {
    throw new Refusal('not_found');
  });
  serveConsole(app, dist);

  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  return { origin, faults, close: () => app.close() };
};

const acceptMediaTypes = (app: FastifyInstance): void => {
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, JSON.parse(String(body)));
  });
};

const serveConsole = (app: FastifyInstance, dist: string): void => {
  app.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
    const file = normalize(join(dist, request.params['*']));
    const mediaType = mediaTypes[extname(file)];
    if (mediaType !== undefined && file.startsWith(dist)) return reply.type(mediaType).send(await readFile(file));
    const nonce = randomBytes(16).toString('base64');
    const html = await readFile(join(dist, 'index.html'), 'utf8');
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policyWith(nonce))
      .header('cache-control', 'no-store')
      .send(html.replaceAll('__CSP_NONCE__', nonce));
  });
};
