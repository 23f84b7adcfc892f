import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, ProblemError } from '@gatehouse/contracts';
import { problemType, writtenProblem } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

const codeOf = (error: string | undefined): ProblemCode => {
  if (error === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  if (error === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return 'invalid_request';
};

/**
 * Answers what never became a request: malformed, with too large headers, or too slow. Such an answer has no route, no
 * hooks and no reply object, so it is written to the socket as a whole, which is closed behind it.
 */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket, traceId: string): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { _httpMessage: underWay } = socket as Socket & {
    readonly _httpMessage?: IncomingMessage & { readonly headersSent?: boolean };
  };
  if (!socket.writable || underWay?.headersSent === true) {
    socket.destroy();
    return;
  }
  const problem = new ProblemError(codeOf(error.code));
  const body = writtenProblem(problem, traceId);
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
};
