import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ServerError } from './server.ts';

/**
 * Below the ports that Linux (32,768) and macOS (49,152) give to outgoing connections: while a server is down, a client that
 * keeps connecting to its port could otherwise be given that very port, and the server would find it taken.
 */
const [lowest, highest] = [15_000, 32_000];

/** A port on which nobody listens on 127.0.0.1, for a server that is stopped and started again. */
export async function serverPort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
}

/**
 * Makes sure that whoever answers on these ports later is the server that is about to be started.
 * @throws ServerError `server_not_started`
 */
export async function requireFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (await isFree(port)) continue;
    throw new ServerError('server_not_started', `Port ${port}: address already in use.`);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
