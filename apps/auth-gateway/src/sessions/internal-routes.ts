import {
  Introspection,
  IntrospectRequest,
  isoTime,
  ProblemError,
  RedeemRequest,
  TokenAnswer,
} from '@gatehouse/contracts';
import type { LoginState } from '@gatehouse/login-state';
import { requireRight } from '@gatehouse/service-kit';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { CallerAuth } from '../administration/caller-auth.ts';
import { inScope } from '../scope.ts';
import { translateErrors } from '../translated.ts';
import { type CurrentSession, endOfSession, ownSession } from './current-session.ts';
import { redeemReturnCode } from './return-code.ts';
import type { SessionTokens } from './tokens.ts';

export interface InternalSessionDeps {
  readonly loginState: LoginState;
  readonly currentSession: CurrentSession;
  readonly tokens: SessionTokens;
  readonly callerAuth: CallerAuth;
}

/** What internal services ask about sessions, on the internal port, with an API key of the right `sessions:check`. */
export const internalSessionRoutes = async (app: FastifyInstance, deps: InternalSessionDeps): Promise<void> => {
  const { loginState, currentSession, tokens, callerAuth } = deps;
  await inScope(app, async (scope) => {
    translateErrors(scope);
    scope.addHook('onRequest', callerAuth.byApiKey);
    scope.addHook('onRequest', requireRight('sessions:check'));

    scope.post<{ Body: Static<typeof RedeemRequest> }>(
      '/api/session/redeem',
      { schema: { body: RedeemRequest, response: { 200: TokenAnswer } } },
      async (request) => {
        const { sessionId, origin } = await redeemReturnCode(loginState, request.body);
        const signedIn = await currentSession.ofId(sessionId);
        if (signedIn === undefined) throw new ProblemError('invalid_code');
        return await tokens.issueForOrigin(signedIn, origin);
      },
    );
    scope.post<{ Body: Static<typeof IntrospectRequest> }>(
      '/api/session/introspect',
      { schema: { body: IntrospectRequest, response: { 200: Introspection } } },
      async (request): Promise<Introspection> => {
        const sessionId = await tokens.sessionIdOf(request.body.token);
        const signedIn = sessionId === undefined ? undefined : await currentSession.ofId(sessionId);
        if (signedIn === undefined) return { active: false };
        const { user, connector } = ownSession(signedIn);
        return { active: true, user, connector, expiresAt: isoTime(endOfSession(signedIn.session)) };
      },
    );
  });
};
