import type { AggregateStore } from '@gatehouse/aggregate-store';
import {
  Administrator,
  AdministratorId,
  AdministratorSession,
  AdministratorSetup,
  AdministratorSignIn,
  type ApiKey,
  ApiKeyId,
  type Clock,
  CreatedApiKey,
  type Ids,
  listLimits,
  listQuery,
  NewAdministrator,
  NewApiKey,
  ProblemError,
} from '@gatehouse/contracts';
import { tokenHash } from '@gatehouse/keyring';
import { type CommandRunner, callerOf, emptyBody, requireRight } from '@gatehouse/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Cookies } from '../cookies.ts';
import type { Cause } from '../facts.ts';
import { inScope } from '../scope.ts';
import { refuseForeignOrigin } from '../sessions/own-origin.ts';
import type { AdminSessions } from './admin-session.ts';
import { type AdministratorState, shownAdministrator } from './administrator.ts';
import type { Administrators, SignInRequest } from './administrators.ts';
import { type ApiKeyCommand, type ApiKeyState, shownApiKey, writtenApiKey } from './api-key.ts';
import type { CallerAuth } from './caller-auth.ts';

export interface AccessDeps {
  readonly origin: string;
  readonly cookies: Cookies;
  readonly administrators: Administrators;
  readonly administratorStore: AggregateStore<AdministratorState>;
  readonly apiKeyStore: AggregateStore<ApiKeyState>;
  readonly apiKeyCommands: CommandRunner<ApiKeyState, ApiKeyCommand>;
  readonly adminSessions: AdminSessions;
  readonly callerAuth: CallerAuth;
  readonly clock: Clock;
  readonly ids: Ids;
}

const ListQuery = Type.Object({ ...listQuery, q: Type.Optional(Type.String({ maxLength: 200 })) });
type ListQuery = Static<typeof ListQuery>;

const causeOf = (request: FastifyRequest): Cause => ({
  actor: callerOf(request).actor,
  traceparent: request.trace.traceparent,
});

const signInRequestOf = (request: FastifyRequest): SignInRequest => ({
  ip: request.ip,
  userAgent: request.headers['user-agent'],
  traceparent: request.trace.traceparent,
});

/**
 * Before there is a caller: who is signed in to the console, which asks this of every browser, and signing in, which no other
 * site may do for somebody.
 */
const signInRoutes = (scope: FastifyInstance, { origin, administrators, adminSessions }: AccessDeps): void => {
  const onRequest = refuseForeignOrigin(origin);

  scope.get('/api/administrators/me', { schema: { response: { 200: AdministratorSession } } }, async (request) => {
    const signedIn = await adminSessions.read(request.headers.cookie);
    if (signedIn === undefined) throw new ProblemError('unauthenticated');
    return adminSessions.shown(signedIn);
  });
  scope.post<{ Body: AdministratorSetup }>(
    '/api/administrators/setup',
    { onRequest, schema: { body: AdministratorSetup, response: { 201: Administrator } } },
    async (request, reply) => {
      const made = await administrators.setUp(request.body, signInRequestOf(request));
      return reply.code(201).send(shownAdministrator(made));
    },
  );
  scope.post<{ Body: AdministratorSignIn }>(
    '/api/administrators/sign-in',
    { onRequest, schema: { body: AdministratorSignIn, response: { 200: AdministratorSession } } },
    async (request, reply) => {
      const { answer, setCookie } = await administrators.signIn(request.body, signInRequestOf(request));
      return reply.header('set-cookie', setCookie).send(answer);
    },
  );
};

/** An administrator's own session. */
const ownRoutes = (scope: FastifyInstance, { adminSessions, cookies }: AccessDeps): void => {
  scope.post('/api/administrators/sign-out', { preValidation: emptyBody }, async (request, reply) => {
    const signedIn = await adminSessions.read(request.headers.cookie);
    if (signedIn !== undefined) await adminSessions.end(signedIn.session.id);
    return reply.header('set-cookie', cookies.admin.clear()).code(204).send();
  });
};

const administratorRoutes = (scope: FastifyInstance, { administrators, administratorStore }: AccessDeps): void => {
  const onRequest = requireRight('admin');
  const params = Type.Object({ id: AdministratorId });
  scope.get<{ Querystring: ListQuery }>(
    '/api/administrators',
    { onRequest: requireRight('read'), schema: { querystring: ListQuery } },
    async ({ query: { limit = listLimits.default, cursor, q } }) => {
      const { items, nextCursor } = await administratorStore.list({ limit, cursor, q });
      const shown = items.map(({ state }) => shownAdministrator(state));
      return nextCursor === undefined ? { items: shown } : { items: shown, nextCursor };
    },
  );
  scope.post<{ Body: NewAdministrator }>(
    '/api/administrators',
    { onRequest, schema: { body: NewAdministrator, response: { 201: Administrator } } },
    async (request, reply) => {
      const made = await administrators.create(request.body, causeOf(request));
      return reply.code(201).header('location', `/api/administrators/${made.id}`).send(shownAdministrator(made));
    },
  );
  scope.delete<{ Params: Static<typeof params> }>(
    '/api/administrators/:id',
    { onRequest, schema: { params } },
    async (request, reply) => {
      await administrators.remove(request.params.id, causeOf(request));
      return reply.code(204).send();
    },
  );
};

const apiKeyRoutes = (scope: FastifyInstance, { apiKeyStore, apiKeyCommands, clock, ids }: AccessDeps): void => {
  const onRequest = requireRight('admin');
  const params = Type.Object({ id: ApiKeyId });
  scope.get<{ Querystring: ListQuery }>(
    '/api/api-keys',
    { onRequest, schema: { querystring: ListQuery } },
    async ({ query: { limit = listLimits.default, cursor, q } }) => {
      const { items, nextCursor } = await apiKeyStore.list({ limit, cursor, q });
      const shown = items.map(({ state }): ApiKey => shownApiKey(state));
      return nextCursor === undefined ? { items: shown } : { items: shown, nextCursor };
    },
  );
  scope.post<{ Body: NewApiKey }>(
    '/api/api-keys',
    { onRequest, schema: { body: NewApiKey, response: { 201: CreatedApiKey } } },
    async (request, reply) => {
      const { expiresAt } = request.body;
      // RFC 3339 has leap seconds, which are no instant to Date and compare as false.
      const isFuture = expiresAt === undefined || Date.parse(expiresAt) > clock.now();
      if (!isFuture) {
        throw new ProblemError('invalid_request', {
          errors: [{ pointer: '/expiresAt', message: 'must be in the future' }],
        });
      }
      const id = ids.id('apiKey');
      const secret = ids.secret();
      const command: ApiKeyCommand = { kind: 'create', ...request.body, secretHash: tokenHash(secret) };
      const { state } = await apiKeyCommands.execute({ id, command, ...causeOf(request) });
      if (state === undefined) throw new ProblemError('internal_error');
      const answer: CreatedApiKey = { ...shownApiKey(state), key: writtenApiKey(id, secret) };
      return reply.code(201).header('location', `/api/api-keys/${id}`).send(answer);
    },
  );
  scope.delete<{ Params: Static<typeof params> }>(
    '/api/api-keys/:id',
    { onRequest, schema: { params } },
    async (request, reply) => {
      await apiKeyCommands.execute({ id: request.params.id, command: { kind: 'delete' }, ...causeOf(request) });
      return reply.code(204).send();
    },
  );
};

/** Administrators, their sessions and API keys. */
export const accessRoutes = async (app: FastifyInstance, deps: AccessDeps): Promise<void> => {
  signInRoutes(app, deps);
  await inScope(app, async (scope) => {
    scope.addHook('onRequest', deps.callerAuth.byKeyOrSession);
    ownRoutes(scope, deps);
    administratorRoutes(scope, deps);
    apiKeyRoutes(scope, deps);
  });
};
