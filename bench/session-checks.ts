import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { RunningStandalone } from '@gatehouse/test-servers';
import { cpuMs, quantile } from './process-figures.ts';

export interface RequestRate {
  readonly perSecond: number;
  readonly cpuMsPerRequest: number;
}

/** Open connections, each with one request under way, as clients and proxies keep them: nobody pipelines HTTP/1.1. */
const sockets = 32;

/**
 * Requests per second that a server answers to one plain GET. The driver writes the same bytes again and only counts what
 * comes back (answers have one length), so that it costs next to nothing.
 */
const measureRate = async (port: number, pid: number, headers: string, seconds: number): Promise<RequestRate> => {
  const request = Buffer.from(`GET /api/session HTTP/1.1\r\nHost: localhost:${port}\r\n${headers}\r\n`);
  const probe = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    const parts: Buffer[] = [];
    socket.on('data', (part) => {
      parts.push(part);
      setTimeout(() => socket.end(() => resolve(Buffer.concat(parts))), 100);
    });
    socket.on('error', reject);
  });
  if (!probe.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200')))
    throw new Error(`no session: ${probe.toString().slice(0, 300)}`);
  const length = probe.length;
  let bytes = 0;
  const open = Array.from({ length: sockets }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let partial = 0;
    socket.on('data', (part) => {
      bytes += part.length;
      partial += part.length;
      if (partial < length) return;
      partial -= length;
      socket.write(request);
    });
    return socket;
  });
  // The driver polls instead of sleeping: waking its core up would be charged to the server, the more the slower that is.
  let polling = true;
  const poll = (): void => {
    if (polling) setImmediate(poll);
  };
  poll();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = { bytes, cpu: cpuMs(pid), time: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const answers = (bytes - before.bytes) / length;
  const figures = {
    perSecond: (answers / (performance.now() - before.time)) * 1000,
    cpuMsPerRequest: (cpuMs(pid) - before.cpu) / answers,
  };
  polling = false;
  for (const socket of open) socket.destroy();
  return figures;
};

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/**
 * Session checks of the product against a bare Fastify route that gets the same request and gives an answer of the same form: in turn, a second and a
 * half each, so that what else the machine does falls on both; medians of `rounds`.
 */
export const measureSessionChecks = async (
  product: RunningStandalone,
  sessionCookie: string,
  rounds: number,
): Promise<{ readonly session: RequestRate; readonly bare: RequestRate; readonly ratio: number }> => {
  const child = fork(new URL('./bare-fastify.ts', import.meta.url), { stdio: 'inherit' });
  const [message] = (await once(child, 'message')) as [{ port: number }];
  const headers = `Cookie: ${sessionCookie}\r\n`;
  const pairs: { readonly session: RequestRate; readonly bare: RequestRate }[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const bare = await measureRate(message.port, child.pid as number, headers, 1.5);
      const session = await measureRate(product.port, product.process.pid, headers, 1.5);
      pairs.push({ session, bare });
    }
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
  const of = (pick: (pair: (typeof pairs)[number]) => RequestRate): RequestRate => ({
    perSecond: median(pairs.map((pair) => pick(pair).perSecond)),
    cpuMsPerRequest: median(pairs.map((pair) => pick(pair).cpuMsPerRequest)),
  });
  return {
    session: of(({ session }) => session),
    bare: of(({ bare }) => bare),
    ratio: median(pairs.map(({ session, bare }) => session.perSecond / bare.perSecond)),
  };
};
