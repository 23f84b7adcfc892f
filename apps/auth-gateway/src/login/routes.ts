import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { answerWithPages } from '../pages/page-errors.ts';
import { inScope } from '../scope.ts';
import { callbackPath, continuePath } from '../settings.ts';
import { type Bearer, type CallbackOutcome, continueCallback, receiveAnswer } from './callback.ts';
import type { LoginDeps } from './login-deps.ts';
import { answerBodyLimit, readPostedAnswer, takeForms } from './posted-answer.ts';
import { startLogin } from './start.ts';

const StartQuery = Type.Object({ return_to: Type.Optional(Type.String()) });
const ContinueQuery = Type.Object({ answer: Type.String({ maxLength: 64 }) });

interface Start {
  readonly Params: { readonly reference: string };
  readonly Querystring: { readonly return_to?: string };
}
interface Continue {
  readonly Querystring: { readonly answer: string };
}

const bearerOf = (request: FastifyRequest): Bearer => ({
  ip: request.ip,
  cookieHeader: request.headers.cookie,
  userAgent: request.headers['user-agent'],
  traceparent: request.trace.traceparent,
});

const follow = (reply: FastifyReply, outcome: CallbackOutcome): FastifyReply => {
  if (outcome.kind === 'completed') reply.header('set-cookie', outcome.setCookie);
  return reply.redirect(outcome.location, 303);
};

/** The addresses that browsers go through at a sign-in. */
export const loginRoutes = async (app: FastifyInstance, deps: LoginDeps): Promise<void> => {
  await inScope(app, async (scope) => {
    answerWithPages(scope, deps.settings.appName);
    takeForms(scope);

    // People copy the address with a slash at its end. Elsewhere the slash counts: `/console` is not `/console/`.
    for (const path of ['/api/sso/login/:reference', '/api/sso/login/:reference/']) {
      scope.get<Start>(
        path,
        // A HEAD would store an attempt for a browser that goes nowhere.
        { schema: { querystring: StartQuery }, exposeHeadRoute: false },
        async (request, reply) => {
          deps.rateLimits.start(request.ip);
          const { redirectUrl, setCookie } = await startLogin(deps, {
            reference: request.params.reference,
            returnTo: request.query.return_to,
            cookieHeader: request.headers.cookie,
            traceparent: request.trace.traceparent,
          });
          deps.metrics.loginStarted();
          return reply.header('set-cookie', setCookie).redirect(redirectUrl, 302);
        },
      );
    }
    scope.post(callbackPath, { bodyLimit: answerBodyLimit }, async (request, reply) =>
      follow(reply, await receiveAnswer(deps, readPostedAnswer(request.body), bearerOf(request))),
    );
    scope.get<Continue>(
      continuePath,
      { schema: { querystring: ContinueQuery }, exposeHeadRoute: false },
      async (request, reply) => follow(reply, await continueCallback(deps, request.query.answer, bearerOf(request))),
    );
  });
};
