import { ProblemError } from '@gatehouse/contracts';
import { toProblem } from '@gatehouse/service-kit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RefusedLogin } from '../login/refusals.ts';
import { translated } from '../translated.ts';
import { type Page, sendPage, wantsJson, wantsPage } from './page.ts';
import { badRequestPage, notFoundPage, refusedPage, tooManyPage, unavailablePage } from './pages.ts';

const pageFor = (status: number): Page => {
  if (status === 404) return notFoundPage;
  if (status === 429) return tooManyPage;
  return status >= 500 ? unavailablePage : badRequestPage;
};

const asProblem = (error: unknown): unknown =>
  error instanceof RefusedLogin
    ? new ProblemError('login_refused', { reference: error.reference, cause: error })
    : translated(error);

/** Errors of this scope as pages, for browsers; as problems for whoever asks for JSON. */
export const answerWithPages = (scope: FastifyInstance, appName: string): void => {
  scope.setErrorHandler<FastifyError | Error>((error, request, reply) => {
    // The host's own handler writes problems.
    if (wantsJson(request.headers.accept)) throw asProblem(error);
    if (error instanceof RefusedLogin) return sendPage(reply, 403, appName, refusedPage(error));
    const problem = toProblem(translated(error));
    if (problem.status >= 500) request.log.error({ err: error, problem: problem.code }, 'page could not be served');
    reply.headers(problem.headers);
    // A person can do nothing with 500 but what he does with 503: come back.
    const status = problem.status >= 500 ? 503 : problem.status;
    if (status === 503) reply.header('retry-after', '5');
    return sendPage(reply, status, appName, pageFor(status));
  });
};

/** Whether people come to the address: all but the programs' addresses, and of those the ones of a sign-in. */
const isForPeople = (url: string): boolean => !url.startsWith('/api/') || url.startsWith('/api/sso/');

/** Addresses that do not exist: a page for a person's browser; undefined for programs, which get a problem. */
export const pageNotFound =
  (appName: string) =>
  (request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined =>
    wantsPage(request.headers.accept) && isForPeople(request.url)
      ? sendPage(reply, 404, appName, notFoundPage)
      : undefined;
