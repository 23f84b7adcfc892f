/**
 * Vitest's global setup: the process that leads a test run starts the servers that its tests share, each when the first
 * test asks for it, and ends them with the run. The workers ask over HTTP on 127.0.0.1; the address holds a secret, because
 * other users of the machine reach it too.
 *
 *   GET /<secret>/ways/<kind>     → { way, reason }, how a server is started on this machine
 *   GET /<secret>/servers/<kind>  → { address, way }, the shared one, started if it is not there yet
 *   503 { code, message } with the ServerError of either
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { leadRun } from './servers/run-client.ts';
import { ServerError, type ServerKind } from './servers/server.ts';
import { type AddressedServer, startAddressed } from './servers/shared-servers.ts';
import { wayTo } from './servers/way.ts';

const isServerKind = (text: string | undefined): text is ServerKind =>
  text === 'kafka' || text === 'mongo' || text === 'redis';

export default async function leadTestRun(): Promise<() => Promise<void>> {
  const secret = randomBytes(16).toString('hex');
  const started = new Map<ServerKind, Promise<AddressedServer>>();

  const answerTo = async (path: string): Promise<object | undefined> => {
    const [, given, what, kind] = path.split('/');
    if (given !== secret || !isServerKind(kind)) return undefined;
    if (what === 'ways') return wayTo(kind);
    if (what !== 'servers') return undefined;
    const starting = started.get(kind) ?? startAddressed(kind);
    started.set(kind, starting);
    const { address, way } = await starting;
    return { address, way };
  };

  const server = createServer(async (request, response) => {
    const [status, body] = await answerTo(request.url ?? '').then(
      (answer): [number, object] => (answer === undefined ? [404, {}] : [200, answer]),
      (error: unknown): [number, object] => [503, problemOf(error)],
    );
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  leadRun(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    const ended = await Promise.allSettled([...started.values()].map(async (starting) => (await starting).stop()));
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed !== undefined && !(failed.reason instanceof ServerError)) throw failed.reason;
  };
}

function problemOf(error: unknown): object {
  const code = error instanceof ServerError ? error.code : 'server_not_started';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
