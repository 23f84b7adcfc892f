import type { AdministratorSession } from '@gatehouse/contracts';
import { ApiProblem, localProblem, problemFrom } from './problem.ts';

const answerTimeoutMs = 20_000;

export interface ApiClientDeps {
  /** `window.fetch`, or a test's. */
  readonly fetch: (address: string, init: RequestInit) => Promise<Response>;
  /** 32 lower-case hex digits (W3C Trace Context): the same id stands in the server's logs. */
  readonly newTraceId: () => string;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** Version that the change starts from; becomes `If-Match`. */
  readonly version?: number;
  readonly signal?: AbortSignal;
}

export interface ApiClientEvents {
  /** The administrator's session has ended. Not called for a wrong passphrase. */
  signedOut(): void;
  /** A change is stored but not in force everywhere yet. */
  changePending(): void;
}

export interface ApiClient {
  /**
   * One request to the API.
   * @returns the body; undefined for an answer without one
   * @throws ApiProblem for every status of 400 and over, for a missing answer (`unreachable`, `timed_out`) and for one
   * that is not JSON (`unreadable`)
   */
  call<Body>(path: string, request?: ApiRequest): Promise<Body>;
  /** The token that changes must bring, from the answer of a sign-in or of `GET /api/administrators/me`. */
  setCsrfToken(token: string): void;
  listen(events: ApiClientEvents): void;
}

/** The only place that talks to the server. Same origin, so that cookies come along without being asked for. */
export const createApiClient = ({ fetch, newTraceId }: ApiClientDeps): ApiClient => {
  let csrfToken: string | undefined;
  let events: ApiClientEvents | undefined;

  const send = async (path: string, request: ApiRequest, traceId: string): Promise<Response> => {
    const method = request.method ?? 'GET';
    const timeout = AbortSignal.timeout(answerTimeoutMs);
    try {
      return await fetch(path, {
        method,
        headers: {
          accept: 'application/json',
          traceparent: `00-${traceId}-${traceId.slice(16)}-01`,
          ...(request.body === undefined ? {} : { 'content-type': mediaTypeOf(method) }),
          ...(method === 'GET' || csrfToken === undefined ? {} : { 'x-csrf-token': csrfToken }),
          ...(request.version === undefined ? {} : { 'if-match': `"${request.version}"` }),
        },
        credentials: 'same-origin',
        redirect: 'error',
        cache: 'no-store',
        signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
    } catch (cause) {
      if (request.signal?.aborted === true) throw cause;
      throw localProblem(timeout.aborted ? 'timed_out' : 'unreachable', traceId, cause);
    }
  };

  const once = async (path: string, request: ApiRequest): Promise<unknown> => {
    const traceId = newTraceId();
    const answer = await send(path, request, traceId);
    const body = await bodyOf(answer, traceId);
    if (answer.status >= 400) throw problemFrom(answer.status, body, traceId);
    if (answer.headers.get('gatehouse-applied') === 'pending') events?.changePending();
    return body;
  };

  const call = async <Body>(path: string, request: ApiRequest = {}): Promise<Body> => {
    try {
      return (await once(path, request)) as Body;
    } catch (error) {
      if (isCode(error, 'csrf_token_invalid')) {
        // A sign-in in another tab has changed the token.
        const session = (await once('/api/administrators/me', {})) as AdministratorSession;
        csrfToken = session.csrfToken;
        return (await once(path, request)) as Body;
      }
      if (isCode(error, 'unauthenticated')) events?.signedOut();
      throw error;
    }
  };

  return {
    call,
    setCsrfToken: (token) => {
      csrfToken = token;
    },
    listen: (listener) => {
      events = listener;
    },
  };
};

const mediaTypeOf = (method: string): string =>
  method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';

const bodyOf = async (answer: Response, traceId: string): Promise<unknown> => {
  const text = await answer.text().catch((cause: unknown) => {
    throw localProblem('unreachable', traceId, cause);
  });
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (answer.status >= 400) return undefined;
    throw localProblem('unreadable', traceId, cause);
  }
};

/** Whether `error` is an answer of the API with this code. */
export const isCode = (error: unknown, code: string): error is ApiProblem =>
  error instanceof ApiProblem && error.code === code;

/** A query string of the members that are set, with its question mark; empty when none is. */
export const query = (members: Readonly<Record<string, string | number | undefined>>): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
};
