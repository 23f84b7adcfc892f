import { connect, createServer, type Socket } from 'node:net';

export type Loss = 'request' | 'answer';

/**
 * A line to a server that can be cut: what kill -9 of the client looks like to the server, and what a broken network looks
 * like to both. Bytes that were handed to the server before are carried out by it.
 */
export const openLine = async (uri: string) => {
  const { hostname, port, pathname } = new URL(uri);
  const sockets = new Set<Socket>();
  let losing: { readonly command: string; readonly loss: Loss } | undefined;

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    let isAnswerLost = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.once('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    near.on('data', (bytes) => {
      if (losing !== undefined && bytes.includes(losing.command)) {
        const { loss } = losing;
        losing = undefined;
        if (loss === 'request') return end();
        isAnswerLost = true;
      }
      far.write(bytes);
    });
    far.on('data', (bytes) => (isAnswerLost ? end() : near.write(bytes)));
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a line has a port');
  return {
    uri: `mongodb://127.0.0.1:${address.port}${pathname}`,
    /** Breaks the connection of the next such command, before the server sees it or before its answer is seen. */
    lose(loss: Loss, command: string): void {
      losing = { loss, command };
    },
    /** Ends every connection at once and takes no other. */
    cut(): void {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
