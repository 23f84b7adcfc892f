import type { FieldError, Problem } from '@gatehouse/contracts';

/** Codes of faults that no server answered: there was no answer, or none that could be read. */
export const localCodes = {
  unreachable: 'The server cannot be reached. Check the connection and try again.',
  timed_out: 'The server took too long to answer. Try again.',
  unreadable: 'The server gave an answer that this page cannot read.',
} as const;

export type LocalCode = keyof typeof localCodes;

export interface ApiProblemFacts {
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly message: string;
  readonly errors?: readonly FieldError[];
  /** Trace id of the request, 32 hex digits: what the operator searches the logs for. */
  readonly traceId: string;
  readonly cause?: unknown;
}

/** The one error of the API client. `message` may be shown; programs compare `code`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: string;
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly traceId: string;

  constructor(facts: ApiProblemFacts) {
    super(facts.message, { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.errors = facts.errors ?? [];
    this.traceId = facts.traceId;
  }
}

export const localProblem = (code: LocalCode, traceId: string, cause?: unknown): ApiProblem =>
  new ApiProblem({ code, status: 0, message: localCodes[code], traceId, cause });

const isFieldError = (value: unknown): value is FieldError =>
  isRecord(value) && typeof value.pointer === 'string' && typeof value.message === 'string';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * Reads an answer of status 4xx or 5xx (RFC 9457). Something in between, a proxy say, may have written it: what is no
 * problem document is told by its status alone.
 */
export const problemFrom = (status: number, body: unknown, traceId: string): ApiProblem => {
  if (!isRecord(body) || typeof body.code !== 'string' || typeof body.title !== 'string') {
    return new ApiProblem({
      code: 'unreadable',
      status,
      message: `The server answered ${status}. Try again.`,
      traceId,
    });
  }
  const problem: Pick<Problem, 'code' | 'title'> & { readonly detail?: unknown; readonly errors?: unknown } = {
    ...body,
    code: body.code,
    title: body.title,
  };
  return new ApiProblem({
    code: problem.code,
    status,
    message: typeof problem.detail === 'string' ? problem.detail : `${problem.title}.`,
    errors: Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : [],
    traceId,
  });
};
