import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface ExchangeOptions {
  readonly port: number;
  readonly request: Buffer;
  /** Whether to speak TLS, to whomever: what is asked is only whether somebody serves. */
  readonly tls?: boolean;
  /** How long an answer may take, in milliseconds, 2,000 unless given. */
  readonly timeoutMs?: number;
}

/**
 * Sends one request to a server on this machine and returns the first bytes that come back; undefined when it cannot be
 * reached, hangs up or says nothing in time. Clients of the real protocols belong to the adapters under test.
 */
export function exchange({
  port,
  request,
  tls = false,
  timeoutMs = 2_000,
}: ExchangeOptions): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const target = { port, host: '127.0.0.1' };
    const socket = tls ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target);
    const settle = (answer: Buffer | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => settle(undefined));
    socket.once('data', settle);
    socket.once('error', () => settle(undefined));
    socket.once('close', () => settle(undefined));
    socket.write(request);
  });
}
