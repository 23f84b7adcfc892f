import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { codeOf } from '../keep-trying.ts';
import type { Metrics } from '../metrics.ts';
import type { ReadinessCheck } from '../module.ts';
import type { Overload } from '../overload.ts';

export interface HealthOptions {
  readonly checks: readonly ReadinessCheck[];
  /** `/metrics` too; left out on an address that the public reaches. */
  readonly metrics?: Metrics;
  readonly overload?: Overload;
  /** For one check, in milliseconds. */
  readonly timeoutMs?: number;
}

interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly reason?: string;
}

const within = async (work: Promise<void>, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CheckTimeout()), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

class CheckTimeout extends Error {
  override readonly name = 'CheckTimeout';
  readonly code = 'timeout';
}

/**
 * `/livez`: the process answers. `/readyz`: every check passes, else 503 with the names of those that do not and why, by
 * code. `/metrics`: Prometheus text, where asked for.
 */
export const addHealthRoutes = (app: FastifyInstance, options: HealthOptions): void => {
  const { checks, metrics, overload, timeoutMs = 2_000 } = options;
  const run = async ({ name, check }: ReadinessCheck, log: FastifyBaseLogger): Promise<CheckResult> => {
    try {
      await within(check(), timeoutMs);
      return { name, ok: true };
    } catch (error) {
      const [code, detail] = [codeOf(error), error instanceof Error ? error.message : ''];
      log.warn({ check: name, code, detail }, 'readiness check failed');
      return { name, ok: false, reason: code };
    }
  };

  app.get('/livez', async () => ({ status: 'live' }));
  app.get('/readyz', async (request, reply) => {
    const results = await Promise.all(checks.map((check) => run(check, request.log)));
    if (overload?.isOverloaded() === true) results.push({ name: 'event-loop', ok: false, reason: 'overloaded' });
    const ready = results.every(({ ok }) => ok);
    if (!ready) reply.code(503).header('retry-after', '2');
    return { status: ready ? 'ready' : 'not_ready', checks: results };
  });
  if (metrics !== undefined) {
    app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  }
};
