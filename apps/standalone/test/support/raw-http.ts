import { connect } from 'node:net';

export interface RawAnswer {
  /** Undefined when the connection was closed without an answer. */
  readonly status: number | undefined;
  readonly body: string;
  /** All that came, for several answers on one connection. */
  readonly text: string;
  /** From connecting until the server closed, in milliseconds. */
  readonly ms: number;
}

export interface RawOptions {
  /** Milliseconds; afterwards what has come is the answer. */
  readonly timeoutMs?: number;
  /** Sent bit by bit afterwards, one bit a second, for as long as the server listens. */
  readonly drip?: string;
}

/** Sends bytes as they are, which no HTTP client would, and reads until the server closes the connection. */
export const sendRaw = (port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> => {
  const { timeoutMs = 5_000, drip } = options;
  return new Promise((resolve) => {
    const began = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 1_000);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that has heard enough resets the connection; what it answered before counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      clearInterval(dripping);
      const text = Buffer.concat(chunks).toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      const end = text.indexOf('\r\n\r\n');
      resolve({
        status: status === undefined ? undefined : Number(status),
        body: end < 0 ? '' : text.slice(end + 4),
        text,
        ms: performance.now() - began,
      });
    });
  });
};
