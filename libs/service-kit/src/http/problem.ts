import { AggregateStoreError } from '@gatehouse/aggregate-store';
import { type FieldError, type ProblemCode, ProblemError, problemBody } from '@gatehouse/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const problemType = 'application/problem+json';

/** Fields that one answer names at most: enough for any form, too few to be worth an attack. */
const mostFieldErrors = 100;

const byFrameworkCode: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_BAD_URL: 'invalid_url',
  FST_ERR_INVALID_URL: 'invalid_url',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_NOT_FOUND: 'not_found',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
};

const byStatus: Readonly<Record<number, ProblemCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  431: 'headers_too_large',
  503: 'not_ready',
};

const byStoreCode = {
  // Rivals kept winning: nothing was changed, so the caller may simply try again.
  version_conflict: 'storage_unavailable',
  unique_taken: 'storage_unavailable',
  outbox_full: 'storage_unavailable',
  store_unavailable: 'storage_unavailable',
  cursor_invalid: 'invalid_cursor',
} as const satisfies Record<AggregateStoreError['code'], ProblemCode>;

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Any error that reaches the edge, as the problem that its caller is told. What is not known is `internal_error`. */
export const toProblem = (error: unknown): ProblemError => {
  if (error instanceof ProblemError) return error;
  if (error instanceof AggregateStoreError) return new ProblemError(byStoreCode[error.code], { cause: error });
  const code = memberOf(error, 'code');
  const known = typeof code === 'string' ? byFrameworkCode[code] : undefined;
  if (known !== undefined) return new ProblemError(known, { cause: error });
  const status = memberOf(error, 'statusCode');
  if (typeof status !== 'number') return new ProblemError('internal_error', { cause: error });
  const fallback = status >= 400 && status < 500 ? 'invalid_request' : 'internal_error';
  return new ProblemError(byStatus[status] ?? fallback, { cause: error });
};

const bounded = (errors: readonly FieldError[] | undefined): readonly FieldError[] | undefined =>
  errors?.slice(0, mostFieldErrors);

/** The body of a problem. Behind a 5xx the details stay in the log; the answer names the trace that finds them there. */
export const writtenProblem = (problem: ProblemError, traceId: string): string =>
  JSON.stringify(
    problemBody(problem.code, {
      detail: problem.status >= 500 ? `Trace ${traceId}` : problem.detail,
      errors: bounded(problem.errors),
      reference: problem.reference,
    }),
  );

/** Answers with the problem and logs it: faults of this side as errors with everything, of the caller's as debug. */
export const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const problem = toProblem(error);
  if (problem.status === 500) request.log.error({ err: error }, 'request failed');
  else if (problem.status > 500) request.log.warn({ err: error, problem: problem.code }, 'request could not be served');
  else request.log.debug({ problem: problem.code, detail: problem.detail }, 'request refused');
  if (problem.status === 503) reply.header('retry-after', '2');
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(problemType)
    .send(writtenProblem(problem, request.id));
};
