import { ProblemError } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';

/**
 * Hook of what changes a session by its cookie alone: `Origin` must be the base URL's, or the browser must say that the
 * request comes from here (`Sec-Fetch-Site`, Fetch Metadata). An origin given and wrong is refused whatever else is said.
 * @throws ProblemError `origin_refused`
 */
export const requireOwnOrigin =
  (origin: string) =>
  async (request: FastifyRequest): Promise<void> => {
    const given = request.headers.origin;
    if (given === origin) return;
    if (given === undefined && request.headers['sec-fetch-site'] === 'same-origin') return;
    throw new ProblemError('origin_refused');
  };

/**
 * Hook of JSON requests that start a session of their own (an administrator's sign-in): programs send no `Origin`, browsers
 * always do.
 * @throws ProblemError `origin_refused`
 */
export const refuseForeignOrigin =
  (origin: string) =>
  async (request: FastifyRequest): Promise<void> => {
    const given = request.headers.origin;
    const site = request.headers['sec-fetch-site'];
    const isForeign = given === undefined ? site === 'cross-site' || site === 'same-site' : given !== origin;
    if (isForeign) throw new ProblemError('origin_refused');
  };
