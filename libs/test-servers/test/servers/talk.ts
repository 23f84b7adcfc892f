import { connect } from 'node:net';
import { exchange } from '../../src/servers/exchange.ts';

/** What a Redis answers to one command; undefined when it does not within half a second. */
export async function askRedis(port: number, command: string, tls = false): Promise<string | undefined> {
  const answer = await exchange({ port, tls, request: Buffer.from(`${command}\r\n`), timeoutMs: 500 });
  return answer?.toString();
}

/** Whether a process is there, running or paused. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The answers to requests that are sent one after the other on one connection; ends where the server hangs up. */
export async function conversation(port: number, requests: readonly Buffer[]): Promise<readonly Buffer[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setTimeout(5_000, () => socket.destroy());
  const answers: Buffer[] = [];
  const chunks = socket[Symbol.asyncIterator]();
  for (const request of requests) {
    socket.write(request);
    const { value, done } = await chunks.next();
    if (done === true) break;
    answers.push(value);
  }
  socket.destroy();
  return answers;
}
