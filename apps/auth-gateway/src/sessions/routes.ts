import { ProblemError, TokenAnswer, TokenRequest } from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { Cookies } from '../cookies.ts';
import { sendPage } from '../pages/page.ts';
import { answerWithPages } from '../pages/page-errors.ts';
import { noSessionPage, sessionPage, signedOutPage } from '../pages/pages.ts';
import { inScope } from '../scope.ts';
import { translateErrors } from '../translated.ts';
import { type CurrentSession, createOwnSessionText, ownSession, type SignedIn } from './current-session.ts';
import type { SessionEndings } from './ending.ts';
import { requireOwnOrigin } from './own-origin.ts';
import type { SessionTokens } from './tokens.ts';

export interface SessionRouteDeps {
  readonly appName: string;
  readonly origin: string;
  readonly cookies: Cookies;
  readonly loginState: LoginState;
  readonly currentSession: CurrentSession;
  readonly endings: SessionEndings;
  readonly tokens: SessionTokens;
}

const signedOutPath = '/signed-out';

/** No body is the same as `{}`. */
const emptyIsObject = async (request: FastifyRequest): Promise<void> => {
  request.body ??= {};
};

/** Ends the session that the cookie names, whether or not it still lets anybody in. */
const signOut = async ({ cookies, loginState, endings }: SessionRouteDeps, request: FastifyRequest): Promise<void> => {
  const token = cookies.session.read(request.headers.cookie);
  const session = token === undefined ? undefined : await loginState.readSession('user', tokenHash(token));
  if (session === undefined) return;
  await endings.end(session.id, 'signed_out', {
    actor: `user/${session.principalId}`,
    traceparent: request.trace.traceparent,
  });
};

/** A signed-in user's own session: JSON for applications, pages for people. */
export const sessionRoutes = async (app: FastifyInstance, deps: SessionRouteDeps): Promise<void> => {
  const { appName, cookies, currentSession, tokens } = deps;
  const ownOrigin = requireOwnOrigin(deps.origin);
  const ownSessionText = createOwnSessionText();

  const requireSession = async (request: FastifyRequest): Promise<SignedIn> => {
    const signedIn = await currentSession.ofCookie(request.headers.cookie);
    if (signedIn === undefined) throw new ProblemError('no_session');
    return signedIn;
  };

  await inScope(app, async (scope) => {
    translateErrors(scope);
    scope.get('/api/session', async (request, reply) => {
      const signedIn = await currentSession.ofCookie(request.headers.cookie);
      if (signedIn === undefined) throw new ProblemError('no_session');
      return reply.header('content-type', 'application/json; charset=utf-8').send(ownSessionText(signedIn));
    });
    scope.delete('/api/session', { onRequest: ownOrigin }, async (request, reply) => {
      await signOut(deps, request);
      return reply.header('set-cookie', cookies.session.clear()).code(204).send();
    });
    scope.post<{ Body: Static<typeof TokenRequest> }>(
      '/api/session/token',
      {
        onRequest: ownOrigin,
        preValidation: emptyIsObject,
        schema: { body: TokenRequest, response: { 200: TokenAnswer } },
      },
      async (request) => await tokens.issue(await requireSession(request), request.body.audience),
    );
  });

  await inScope(app, async (scope) => {
    answerWithPages(scope, appName);
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, _body, done) =>
      done(null, undefined),
    );
    scope.get('/', async (request, reply) => {
      const signedIn = await currentSession.ofCookie(request.headers.cookie);
      return sendPage(reply, 200, appName, signedIn === undefined ? noSessionPage : sessionPage(ownSession(signedIn)));
    });
    scope.post('/api/session/sign-out', { onRequest: ownOrigin }, async (request, reply) => {
      await signOut(deps, request);
      return reply.header('set-cookie', cookies.session.clear()).redirect(signedOutPath, 303);
    });
    scope.get(signedOutPath, async (_request, reply) => sendPage(reply, 200, appName, signedOutPage));
  });
};
