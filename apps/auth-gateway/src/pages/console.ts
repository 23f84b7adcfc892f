import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import { type Ids, ProblemError } from '@gatehouse/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { inScope } from '../scope.ts';

const noncePlaceholder = '__CSP_NONCE__';
const immutable = 'public, max-age=31536000, immutable';

/** Scripts from here only; styles from here, and those that bear the page's nonce. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * The administrators' web app under `/console/`: hashed assets for ever, the page itself never, with a new nonce each time.
 * Every address below that is no file is a page of the app.
 */
export const consoleFiles = async (
  app: FastifyInstance,
  deps: { readonly consoleDir: string | undefined; readonly ids: Ids },
): Promise<void> => {
  const { consoleDir, ids } = deps;
  if (consoleDir === undefined) return;
  const template = await readFile(join(consoleDir, 'index.html'), 'utf8');

  const page = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const nonce = ids.secret(18);
    return reply
      .headers({
        'content-security-policy': policy(nonce),
        'referrer-policy': 'same-origin',
        'cache-control': 'no-store',
      })
      .type('text/html; charset=utf-8')
      .send(template.replaceAll(noncePlaceholder, nonce));
  };

  await inScope(app, async (scope) => {
    await scope.register(fastifyStatic, {
      root: consoleDir,
      prefix: '/console/',
      // One route per file that is there now: every other address is a page of the app.
      wildcard: false,
      globIgnore: ['index.html'],
      index: false,
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // Names in `assets` change with their content.
        const isHashed = path.startsWith(join(consoleDir, 'assets') + sep);
        reply.header('cache-control', isHashed ? immutable : 'no-cache');
      },
    });
    scope.get('/console', async (_request, reply) => reply.redirect('/console/', 308));
    scope.get('/console/', page);
    scope.get<{ Params: { readonly '*': string } }>('/console/*', async (request, reply) => {
      // What looks like a file and is none is missing, not a page: a stale asset must not load as HTML.
      if (/\.[a-z0-9]{1,8}$/i.test(request.params['*'])) throw new ProblemError('not_found');
      return await page(request, reply);
    });
  });
};
