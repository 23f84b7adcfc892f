import type { FastifyReply } from 'fastify';

/**
 * What every answer says unless its route says otherwise: API answers are never stored, framed, sniffed or run. What only
 * documents need, pages add. Pages replace `content-security-policy` and, for their assets, `cache-control`.
 */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

export const setSecurityHeaders = (reply: FastifyReply): void => {
  reply.headers(securityHeaders);
};
