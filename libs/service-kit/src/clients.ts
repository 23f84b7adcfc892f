import { ProblemError } from '@gatehouse/contracts';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { ServiceClient } from './module.ts';

type Call = Parameters<ServiceClient['call']>[0];
type Answer = Awaited<ReturnType<ServiceClient['call']>>;

/** Headers that belong to one connection, not to the message (RFC 9110 7.6.1), and those that the transport makes itself. */
const hopByHop = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const endToEnd = (pairs: Iterable<readonly [string, unknown]>): Record<string, string> => {
  const kept: Record<string, string> = {};
  for (const [name, value] of pairs) {
    if (value === undefined || hopByHop.has(name.toLowerCase())) continue;
    kept[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return kept;
};

export interface ClientOptions {
  /** Until the whole answer is there; 5,000 ms unless told. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 5_000;

/**
 * Calls a service in this process through its own routes, hooks and errors, without a socket.
 * @param app as `createApp` made it, its routes registered
 */
export const injectClient = (
  app: FastifyInstance,
  { timeoutMs = defaultTimeoutMs }: ClientOptions = {},
): ServiceClient => ({
  async call({ method, path, headers, body }: Call): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ProblemError('upstream_unavailable')), timeoutMs);
    });
    const options: InjectOptions = {
      method: method as NonNullable<InjectOptions['method']>,
      url: path,
      headers: endToEnd(Object.entries(headers)),
      ...(body === undefined ? {} : { payload: body }),
    };
    try {
      const answer = await Promise.race([app.inject(options), late]);
      return { status: answer.statusCode, headers: endToEnd(Object.entries(answer.headers)), body: answer.rawPayload };
    } catch (error) {
      throw error instanceof ProblemError ? error : new ProblemError('upstream_unavailable', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  },
});

/** Calls a service over HTTP. Redirects are answers like others; nothing is retried. */
export const httpClient = ({
  baseUrl,
  timeoutMs = defaultTimeoutMs,
}: ClientOptions & { readonly baseUrl: string }): ServiceClient => ({
  async call({ method, path, headers, body }: Call): Promise<Answer> {
    try {
      const answer = await fetch(new URL(path, baseUrl), {
        method,
        headers: endToEnd(Object.entries(headers)),
        body: typeof body === 'object' ? new Uint8Array(body) : (body ?? null),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      // fetch has undone the content encoding; its header would now be a lie.
      const kept = endToEnd([...answer.headers].filter(([name]) => name !== 'content-encoding'));
      return { status: answer.status, headers: kept, body: bytes };
    } catch (error) {
      throw new ProblemError('upstream_unavailable', { cause: error });
    }
  },
});
