import type { Socket } from 'node:net';
import { clearInterval, setInterval } from 'node:timers';
import type { FastifyInstance } from 'fastify';

const sweepEveryMs = 50;

/**
 * Lets a closing server end as soon as nothing is under way. Node closes the connections that are idle at that moment, once:
 * it counts one on which nothing has ever come (browsers open them in advance) as a request that is late, and keeps one whose
 * last answer comes a moment later alive. Both would hold the end up until a time-out.
 */
export const endConnectionsAtClose = (app: FastifyInstance): void => {
  const connections = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  app.addHook('preClose', async () => {
    if (!app.server.listening) return;
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    const sweep = setInterval(() => app.server.closeIdleConnections(), sweepEveryMs);
    app.server.once('close', () => clearInterval(sweep));
  });
};
